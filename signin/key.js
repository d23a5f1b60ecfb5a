// Security keys and passkeys: a button in a form asks the browser for what the server
// wants to see, and sends it with the form. Without a script, or in a browser that
// cannot, the button stays hidden.
"use strict";
for (const button of document.querySelectorAll("button[data-key]")) {
  const form = button.form, create = button.dataset.key === "create";
  if (!window.PublicKeyCredential || !PublicKeyCredential.parseRequestOptionsFromJSON) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (!form.reportValidity()) return;
    button.disabled = true;
    try {
      const answer = await fetch(create ? "/signin/newkey" : "/signin/key", { credentials: "same-origin" });
      if (!answer.ok) throw new Error("The server did not answer as it should.");
      const { options, challenge } = await answer.json();
      const key = create
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      form.elements.namedItem("key").value = JSON.stringify(key.toJSON());
      form.elements.namedItem("keychallenge").value = challenge;
      form.submit();
    } catch (problem) {
      form.querySelector("[data-problem]").textContent = problem.message;
      button.disabled = false;
    }
  });
}
