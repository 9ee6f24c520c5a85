"""What the door screen says, in each language it speaks."""

# ruff: noqa: RUF001 - other languages have other punctuation

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from edge.config.schema import Language

WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "idle": "Please wear a mask",
        "checking": "One moment, please",
        "pass": "Thank you, please come in",
        "without_mask": "Please put on a mask",
        "incorrect_mask": "Please cover your nose and mouth",
        "fault": "Out of order: please ask our staff",
    },
    "ar": {
        "idle": "يُرجى ارتداء الكمامة",
        "checking": "لحظة من فضلك",
        "pass": "شكرًا، تفضّل بالدخول",
        "without_mask": "من فضلك ضع الكمامة",
        "incorrect_mask": "من فضلك غطِّ الأنف والفم",
        "fault": "الجهاز معطّل، يُرجى مراجعة الموظفين",
    },
    "fr": {
        "idle": "Port du masque obligatoire",
        "checking": "Un instant, s’il vous plaît",
        "pass": "Merci, vous pouvez entrer",
        "without_mask": "Veuillez mettre un masque",
        "incorrect_mask": "Veuillez couvrir le nez et la bouche",
        "fault": "Hors service : adressez-vous au personnel",
    },
    "de": {
        "idle": "Bitte Maske tragen",
        "checking": "Einen Moment, bitte",
        "pass": "Danke, bitte eintreten",
        "without_mask": "Bitte Maske aufsetzen",
        "incorrect_mask": "Bitte Nase und Mund bedecken",
        "fault": "Außer Betrieb: bitte beim Personal melden",
    },
    "es": {
        "idle": "Use mascarilla, por favor",
        "checking": "Un momento, por favor",
        "pass": "Gracias, puede pasar",
        "without_mask": "Póngase la mascarilla, por favor",
        "incorrect_mask": "Cúbrase la nariz y la boca, por favor",
        "fault": "Fuera de servicio: consulte al personal",
    },
    "zh": {
        "idle": "请佩戴口罩",
        "checking": "请稍候",
        "pass": "谢谢，请进",
        "without_mask": "请戴上口罩",
        "incorrect_mask": "请遮住口鼻",
        "fault": "设备故障，请联系工作人员",
    },
}
"""By language, then by state; an alert is told by its reason."""

RIGHT_TO_LEFT: frozenset[Language] = frozenset({"ar"})

LANGUAGES: tuple[Language, ...] = get_args(Language)
