"use strict";

// The code is in the fragment of the address, which browsers send to nobody; it leaves the address bar at once.
const code = new URLSearchParams(location.hash.slice(1)).get("code");
history.replaceState(null, "", location.pathname);

if (code) {
  const field = document.getElementById("code");
  field.value = code;
  document.getElementById("shown").hidden = false;
  document.getElementById("message").textContent =
    "Paste this code where you began, within a minute. It works once, and only there.";
  field.select();
}
