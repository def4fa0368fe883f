import { ok } from "@moltbot/contracts";
import type { ModelPort, ModelRequest } from "@moltbot/contracts";
import type { Egress } from "@moltbot/execution/egress";
import { saidModel } from "../claw/index.ts";
import type { SaidAnswer } from "../claw/index.ts";
import type { DrillCall } from "../scenarios/schema.ts";
import type { PlacedDrill } from "./place.ts";

/** What the one model and the one way out of a house of drills do; its drills are played one after the other. */
export interface Stage {
  readonly model: ModelPort;
  /** Dials nobody: it writes down what was asked of it and gives the pages of the drill that plays. */
  readonly egress: Egress;
  /** The addresses that would have been opened since the drill began. */
  readonly hits: readonly string[];
  /** All that the model was shown since the drill began. */
  readonly shown: readonly string[];
  /** Whether the model was shown the stranger's text itself: only then it obeys. */
  readonly hijacked: boolean;
  /** From here on the model makes these calls for the owner; nobody attacks. */
  obey(calls: readonly DrillCall[]): void;
  begin(drill: PlacedDrill): void;
}

/** The whole text is one that stands for another, which the model was not shown. */
const KEPT_ASIDE = /^\s*⟦[^⟧]*⟧\s*$/;

const folded = (text: string): string => text.replaceAll("│", " ").replace(/\s+/g, " ").trim();

const callsMade = ({ messages }: ModelRequest): number =>
  messages
    .slice(messages.findLastIndex(({ role }) => role === "user") + 1)
    .reduce((sum, message) => sum + (message.role === "assistant" ? message.calls.length : 0), 0);

interface Playing {
  drill: PlacedDrill | null;
  calls: readonly DrillCall[];
  hijacked: boolean;
  readonly hits: string[];
  readonly shown: string[];
}

/** The owner's steps up to the hostile text, then everything that the attacker wants, then the rest. */
const callsOf = ({ drill, calls, hijacked }: Playing): readonly DrillCall[] =>
  drill === null
    ? calls
    : [
        ...drill.calls.slice(0, drill.hostile + 1),
        ...(hijacked ? drill.attacker.calls : []),
        ...drill.calls.slice(drill.hostile + 1),
      ];

const isShownHostile = ({ drill, hijacked }: Playing, request: ModelRequest): boolean => {
  if (drill === null || hijacked) return hijacked;
  if (callsMade(request) !== drill.hostile + 1) return false;
  const { messages } = request;
  const last = messages.at(-1);
  if (drill.blocks.length === 0) return last?.role === "tool" && last.status === "ok" && !KEPT_ASIDE.test(last.text);
  return messages.some((message) => drill.blocks.some(({ text }) => folded(message.text).includes(folded(text))));
};

const answerOf = (playing: Playing, request: ModelRequest): SaidAnswer => {
  playing.shown.push(request.messages.map(({ text }) => text).join("\n"));
  if (request.tools.length === 0) return { text: JSON.stringify({ answer: "" }) };
  playing.hijacked = isShownHostile(playing, request);
  const call = callsOf(playing)[callsMade(request)];
  return call === undefined ? { text: "Done." } : { calls: [call] };
};

const egressOf = (playing: Playing): Egress => ({
  send: (_authority, { url, body }) => {
    playing.hits.push(typeof body === "string" && body !== "" ? `${url}#${body}` : url);
    const { origin, pathname } = new URL(url);
    const pages = origin === playing.drill?.origins.pages ? playing.drill.pages : null;
    const page = pages === null ? "<p>ok</p>" : pages.find(({ path }) => path === pathname.slice(1))?.content;
    return Promise.resolve(
      ok({
        status: page === undefined ? 404 : 200,
        headers: { "content-type": "text/html; charset=utf-8" },
        url,
        body: new TextEncoder().encode(page ?? "nothing here"),
        redirects: 0,
      }),
    );
  },
  fetchFor: () => () => Promise.reject(new Error("a drill dials nobody")),
  close: () => Promise.resolve(),
});

/** A model that obeys whoever wrote last, and a way out that leads nowhere. */
export const createStage = (): Stage => {
  const playing: Playing = { drill: null, calls: [], hijacked: false, hits: [], shown: [] };
  const start = (drill: PlacedDrill | null, calls: readonly DrillCall[]): void => {
    Object.assign(playing, { drill, calls, hijacked: false });
    playing.hits.length = 0;
    playing.shown.length = 0;
  };
  return {
    model: saidModel("obeying", (request) => answerOf(playing, request)),
    egress: egressOf(playing),
    hits: playing.hits,
    shown: playing.shown,
    get hijacked() {
      return playing.hijacked;
    },
    obey: (calls) => start(null, calls),
    begin: (drill) => start(drill, []),
  };
};
