"use strict";

// The token is in the fragment of the address, which browsers send to nobody; it leaves the address bar at once.
const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);

const form = document.getElementById("form");
const message = document.getElementById("message");
const password = document.getElementById("password");
const again = document.getElementById("again");
const button = form.querySelector("button");

function say(text) {
  message.textContent = text;
  message.focus();
}

function reasons(error) {
  const errors = (error.details && error.details.errors) || [];
  return errors.length ? errors.map((one) => one.message).join(" ") : error.message;
}

async function set() {
  const body = JSON.stringify({ token, newPassword: password.value });
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(form.action, { method: "POST", headers, body, credentials: "omit" });
  const found = await answer.json();
  if (!found.success) {
    say(reasons(found.error));
    return;
  }
  form.hidden = true;
  form.reset();
  say("Your password is set. You can log in with it now.");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (password.value !== again.value) {
    say("The two are not the same.");
    return;
  }
  button.disabled = true;
  try {
    await set();
  } catch {
    say("The server could not be reached. Try again.");
  } finally {
    button.disabled = false;
  }
});

if (token) {
  form.hidden = false;
  password.focus();
} else {
  say("Open this page by the link in your mail. If you have opened it before, open it again from there.");
}
