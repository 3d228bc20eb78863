// Registering and logging in, by hand or by URL:
//   ?user=hanako&userVerification=required&residentKey=required&attestation=direct&discoverable&replace&run=register,login
// What happened is shown, is JSON in #result, is in the title, and goes to the relying party's log.
"use strict";

const form = document.getElementById("form");
const buttons = [document.getElementById("register"), document.getElementById("login")];
const parameters = new URLSearchParams(location.search);

for (const field of form.elements) {
  if (!field.name || !parameters.has(field.name)) continue;
  if (field.type === "checkbox") field.checked = parameters.get(field.name) !== "false";
  else field.value = parameters.get(field.name);
}

async function post(path, body) {
  const response = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

const ceremonies = {
  register: {
    name: "registration",
    path: "/attestation",
    options: () => ({
      username: form.user.value,
      displayName: form.user.value,
      authenticatorSelection: { residentKey: form.residentKey.value, userVerification: form.userVerification.value },
      attestation: form.attestation.value,
      replace: form.replace.checked,
    }),
    dialog: (options) => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  },
  login: {
    name: "authentication",
    path: "/assertion",
    options: () => ({
      username: form.discoverable.checked ? "" : form.user.value,
      userVerification: form.userVerification.value,
    }),
    dialog: (options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
  },
};

// One ceremony: options from the relying party, the browser's dialog, the relying party's answer.
async function play(ceremony) {
  const shown = { ceremony: ceremony.name, username: form.user.value, outcome: "exception" };
  let phase = "options";
  let challenge;
  const start = performance.now();
  try {
    const options = await post(`${ceremony.path}/options`, ceremony.options());
    if (options.status !== 200) return { ...shown, outcome: "refused", http: options.status, answer: options.body };
    challenge = options.body.challenge;
    phase = "dialog";
    const credential = await ceremony.dialog(options.body);
    phase = "verify";
    const answer = await post(`${ceremony.path}/result`, credential.toJSON());
    return { ...shown, outcome: answer.status === 200 ? "ok" : "refused", http: answer.status, answer: answer.body };
  } catch (exception) {
    const { name, message } = exception;
    const report = { username: form.user.value, ceremony: ceremony.name, phase, error: name, message, challenge };
    report.elapsed = Math.round(performance.now() - start);
    let explained;
    try {
      explained = await post("/ceremony/failure", report);
    } catch {
      // The relying party can't be reached: the exception has to do.
    }
    return { ...shown, phase, exception: { name, message }, http: explained?.status, answer: explained?.body };
  }
}

function show(button, ceremony, shown) {
  const outcome = document.getElementById("outcome");
  // The texts are the page's, which is in one language or another.
  const texts = outcome.dataset;
  const what = {
    ok: texts[button],
    refused: `${texts.refused}${shown.answer?.code ?? shown.http}`,
    exception: `${texts.exception}${shown.exception?.name}`,
  }[shown.outcome];
  outcome.textContent = what;
  outcome.dataset.outcome = shown.outcome;
  document.getElementById("message").textContent = [shown.exception?.message, shown.answer?.errorMessage].filter(Boolean).join(" / ");
  const ways = (shown.answer?.next ?? []).map((way) => {
    const item = document.createElement("li");
    item.textContent = way.label;
    return item;
  });
  document.getElementById("ways").replaceChildren(...ways);
  document.getElementById("result").textContent = JSON.stringify(shown, null, 2);
  document.title = `${ceremony.name}: ${shown.exception?.name ?? shown.answer?.code ?? shown.outcome}`;
}

async function run(name) {
  const ceremony = ceremonies[name];
  if (!ceremony) return;
  for (const button of buttons) button.disabled = true;
  const shown = await play(ceremony);
  show(name, ceremony, shown);
  await fetch("/page/result", { method: "POST", body: JSON.stringify(shown) }).catch(() => {});
  for (const button of buttons) button.disabled = false;
}

for (const button of buttons) button.addEventListener("click", () => run(button.id));

(async () => {
  for (const name of (parameters.get("run") ?? "").split(",")) await run(name);
})();
