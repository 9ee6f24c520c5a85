// The last script of a page: by now the page's own one listens.
document.getElementById("content").inert = false;
