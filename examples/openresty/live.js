// Shows what pods.lua tells. Whatever comes from the cluster becomes text, never HTML.
"use strict";

const body = document.querySelector("tbody");
const rows = new Map(); // by uid: { element, pod }

// ---- a row ----

const GOOD = new Set(["Running", "Completed", "Succeeded"]);
const BUSY = new Set(["Pending", "ContainerCreating", "PodInitializing", "Terminating"]);

function toneOf(pod) {
  if (pod.state === "Running" && pod.ready < pod.containers) return "busy";
  return GOOD.has(pod.state) ? "good" : BUSY.has(pod.state) ? "busy" : "bad";
}

function ageOf(created) {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(created)) / 1000));
  if (seconds < 120) return seconds + " s";
  if (seconds < 7200) return Math.floor(seconds / 60) + " min";
  if (seconds < 172800) return Math.floor(seconds / 3600) + " h";
  return Math.floor(seconds / 86400) + " d";
}

function cell(kind, text, className) {
  const element = document.createElement(kind);
  if (kind === "th") element.scope = "row";
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

function rowOf(pod) {
  const row = document.createElement("tr");
  const state = cell("span", pod.state, "state");
  const stateCell = cell("td", "");
  state.dataset.tone = toneOf(pod);
  stateCell.append(state);
  row.dataset.name = pod.name;
  row.append(
    cell("th", pod.name),
    stateCell,
    cell("td", pod.containers ? `${pod.ready}/${pod.containers}` : "–", "number"),
    cell("td", pod.restarts, "number"),
    cell("td", pod.node ?? "–"),
    cell("td", pod.ip ?? "–"),
    cell("td", ageOf(pod.created), "number"),
  );
  return row;
}

// ---- the table ----

function put(pod) {
  const known = rows.get(pod.uid);
  const element = rowOf(pod);
  if (known) {
    known.element.replaceWith(element);
  } else {
    const after = [...body.rows].find((row) => row.dataset.name > pod.name);
    body.insertBefore(element, after ?? null);
  }
  rows.set(pod.uid, { element, pod });
}

function remove(uid) {
  const known = rows.get(uid);
  if (!known) return;
  rows.delete(uid);
  known.element.className = "gone";
  setTimeout(() => known.element.remove(), 400);
}

function replace(pods) {
  const there = new Set(pods.map((pod) => pod.uid));
  for (const uid of [...rows.keys()]) if (!there.has(uid)) remove(uid);
  for (const pod of pods) {
    const known = rows.get(pod.uid);
    if (!known || JSON.stringify(known.pod) !== JSON.stringify(pod)) put(pod);
  }
}

function summarize() {
  const counts = new Map();
  for (const { pod } of rows.values()) counts.set(pod.state, (counts.get(pod.state) ?? 0) + 1);
  const parts = [...counts].sort().map(([state, n]) => `${n} ${state}`);
  document.querySelector("#summary").textContent = parts.join(" · ");
  document.querySelector("#empty").hidden = rows.size > 0;
}

setInterval(() => {
  for (const { element, pod } of rows.values()) element.lastChild.textContent = ageOf(pod.created);
}, 1000);

// ---- the connection ----

function say(text, tone) {
  const connection = document.querySelector("#connection");
  connection.textContent = text;
  connection.dataset.tone = tone;
}

const HEARD = {
  pods(data) {
    const { namespace, pods } = JSON.parse(data);
    document.querySelector("#namespace").textContent = namespace;
    document.title = "Pods in " + namespace;
    replace(pods);
  },
  pod(data) { put(JSON.parse(data)); },
  gone(data) { remove(data); },
  server(data) {
    if (data === "there") say("live", "good");
    else say("the API server does not answer; this is what it said last", "bad");
  },
};

function connect() {
  const source = new EventSource("events");
  for (const [name, hear] of Object.entries(HEARD)) {
    source.addEventListener(name, (event) => {
      hear(event.data);
      summarize();
    });
  }
  source.onerror = () => {
    say("connecting again", "busy");
    // The browser tries again by itself unless it was answered, with an error: then it gives up.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  };
}

connect();
