import "htmx.org";
import "./behaviour/theme-switch.js";
import "./behaviour/menus.js";
import "./behaviour/requests.js";
import "./behaviour/scrollers.js";
import "./behaviour/prompt.js";
import "./behaviour/first-error.js";
import "./behaviour/hand-over.js";
