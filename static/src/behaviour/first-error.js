// The first field with an error takes the focus. Browsers do not honour `autofocus` in a frame of another site.
document.querySelector("main :is(.chooser, .form) [aria-invalid='true']")?.focus();
