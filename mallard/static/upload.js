// Sends the files of a history in pieces, one after the other, and tells how far that has come.
(() => {
  "use strict";

  const send = async (address, body) => {
    const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.ok) return answer.json();
    const told = await answer.json().catch(() => ({}));
    throw new Error(told.error || answer.status);
  };

  const sendAgain = async (address, body) => {
    for (let times = 0; ; times++) {
      try {
        return await send(address, body);
      } catch (failure) {
        if (!(failure instanceof TypeError) || times === 4) throw failure;
        await new Promise((done) => setTimeout(done, 1000 * 2 ** times));
      }
    }
  };

  const upload = async (form, tell) => {
    const files = [...form.elements.file.files];
    const whole = files.reduce((sum, file) => sum + file.size, 0);
    const length = Number(form.dataset.pieceBytes);
    const begin = form.dataset.begin;
    const { id } = await send(begin);
    const steps = begin.replace(/begin$/, id);
    let sent = 0;
    for (const file of files) {
      for (let at = 0; at === 0 || at < file.size; at += length) {
        const piece = file.slice(at, at + length);
        const asked = new URLSearchParams({ name: file.name, offset: at });
        await sendAgain(`${steps}/piece?${asked}`, piece);
        sent += piece.size;
        tell(form.dataset.sent.replace("{}", Math.floor((100 * sent) / (whole || 1))));
      }
    }
    await fetch(`${steps}/read`, { method: "POST", redirect: "manual" });
    location.assign(form.getAttribute("action"));
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id !== "upload") return;
    event.preventDefault();
    const button = form.querySelector("button");
    const told = document.getElementById("upload-told");
    const tell = (text) => (told.textContent = text);
    button.disabled = true;
    upload(form, tell).catch((failure) => {
      tell(form.dataset.failed.replace("{}", failure.message));
      button.disabled = false;
    });
  });
})();
