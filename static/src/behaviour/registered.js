// The end of a registration by link: one message tells the LMS to close this page (LTI Dynamic Registration 1.0, section 3.7).
// Exactly this one and no other: ILIAS takes any other message for an error. A page that is loaded anew does not say it again.
const end = document.querySelector("[data-close-origin]");
const lms = window.opener || (window.parent === window ? null : window.parent);

function close() {
  lms.postMessage({ subject: "org.imsglobal.lti.close" }, end.dataset.closeOrigin);
}

if (end && lms) {
  const [navigation] = performance.getEntriesByType("navigation");
  if (navigation?.type === "navigate") close();
  // Whoever still sees the page some seconds later gets a button.
  setTimeout(() => {
    const again = end.querySelector("[data-close-again]");
    again.hidden = false;
    again.querySelector("button").addEventListener("click", close);
  }, 4000);
}
