"""Handlers of the API by what they are about, with what each is asked and answers.

Begin with `people` (users, sessions and tokens, for admins), then `account` (what is each person's own) and
`incidents` (alerts to be looked at).
"""
