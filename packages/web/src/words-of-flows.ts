/** What the page about where data went says, and how it sums. */
import type { DataFlow, DataFlowReport } from "@moltbot/contracts";
import { toolTitle } from "./plan/plan-words.ts";
import { listText, sizeText } from "./words-of-keeping.ts";
import { countText } from "./words.ts";

type Kind = DataFlow["data"];
/** Whose data is shown. */
export type Of = "me" | "house";

/** The kinds of data, what the fewest may know first. */
export const KINDS = ["nobody", "own", "group", "public", "unknown"] as const satisfies readonly Kind[];

interface KindWords {
  readonly name: string;
  readonly says: string;
}
const KIND_WORDS: Readonly<Record<Of, Readonly<Record<Kind, KindWords>>>> = {
  me: {
    nobody: { name: "Not yours", says: "what not even you may see" },
    own: { name: "Yours alone", says: "what only you may see" },
    group: { name: "A group’s", says: "what you and others may see" },
    public: { name: "Public", says: "what anybody may see" },
    unknown: { name: "Not known", says: "no label tells what it was" },
  },
  house: {
    nobody: { name: "Others’", says: "what not even the person it was sent for may see" },
    own: { name: "One person’s alone", says: "what only the person it was sent for may see" },
    group: { name: "A group’s", says: "what several people may see" },
    public: { name: "Public", says: "what anybody may see" },
    unknown: { name: "Not known", says: "no label tells what it was" },
  },
};

/** What a kind of data is called, and means. */
export const kindWords = (kind: Kind, of: Of): KindWords => KIND_WORDS[of][kind];

/** What went to one host, in all its ways; `host` is null for all that were erased together. */
export interface HostFlows {
  readonly host: string | null;
  /** Where most went first. */
  readonly flows: readonly DataFlow[];
  readonly bytesOut: number;
  readonly bytesIn: number;
}

const sum = (flows: readonly DataFlow[], name: "bytesOut" | "bytesIn"): number =>
  flows.reduce((all, flow) => all + flow[name], 0);

const byMost = (a: DataFlow, b: DataFlow): number => b.bytesOut - a.bytesOut || b.connections - a.connections;

/** The flows by host: who was sent most first, what was erased last. */
export const byHost = (flows: readonly DataFlow[]): readonly HostFlows[] =>
  [...Map.groupBy(flows, ({ host }) => host)]
    .map(([host, own]) => ({
      host,
      flows: own.toSorted(byMost),
      bytesOut: sum(own, "bytesOut"),
      bytesIn: sum(own, "bytesIn"),
    }))
    .toSorted((a, b) => {
      if (a.host === null || b.host === null) return Number(a.host === null) - Number(b.host === null);
      return b.bytesOut - a.bytesOut || b.bytesIn - a.bytesIn || (a.host < b.host ? -1 : 1);
    });

/** How many hosts these are: “2 hosts and others no longer known”. */
const hostsText = (hosts: readonly (string | null)[]): string => {
  const known = new Set(hosts.filter((host) => host !== null)).size;
  const words = known === 0 ? "hosts" : countText(known, "host");
  if (!hosts.includes(null)) return words;
  return `${words}${known === 0 ? "" : " and others"} no longer known`;
};

/** The kinds of data that went anywhere, each with how many hosts were sent some of it. */
export const byKind = ({ flows }: Pick<DataFlowReport, "flows">): readonly (readonly [kind: Kind, to: string])[] =>
  KINDS.flatMap((kind) => {
    const got = flows.filter(({ data, bytesOut }) => data === kind && bytesOut > 0);
    return got.length === 0 ? [] : [[kind, hostsText(got.map(({ host }) => host))] as const];
  });

const PROGRAMS: Readonly<Record<string, string>> = {
  "exec.run": "A program",
  "exec.shell": "A program of a shell line",
};

/** Who sent: “Ask a web service”, “A program”, “A model”. */
export const senderText = ({ way, tool }: Pick<DataFlow, "way" | "tool">): string => {
  if (way === "model") return "A model";
  if (way === "gate" && tool !== null && !Object.hasOwn(PROGRAMS, tool)) return `A program of “${toolTitle(tool)}”`;
  if (way === "gate") return PROGRAMS[tool ?? "exec.run"] ?? "A program";
  return tool === null ? "The house itself" : toolTitle(tool);
};

/** How often, and how it went: “31 connections, 2 failed”. */
export const timesText = ({ way, connections, failed, writing }: DataFlow): string => {
  const all = countText(connections, "connection");
  if (failed === connections) return `${all}, ${connections === 1 ? "" : "all "}failed or refused`;
  const parts = [all];
  if (failed > 0) parts.push(`${failed} failed or refused`);
  // A model is asked in a way that could change something anywhere: there it would say nothing.
  if (writing > 0 && way === "tool") parts.push(`${writing} could change something there`);
  if (writing > 0 && way === "gate") parts.push(`${writing} that nobody here can look into`);
  return parts.join(", ");
};

/** Which secrets went along: “with the secrets “crm” and “mail””; null when none did. */
export const secretsText = ({ secrets, withSecret }: Pick<DataFlow, "secrets" | "withSecret">): string | null => {
  if (withSecret === 0) return null;
  if (secrets.length === 0) return "with a secret";
  return `with the ${secrets.length === 1 ? "secret" : "secrets"} ${listText(secrets.map((name) => `“${name}”`))}`;
};

/** An amount that may be none at all: “1.2 MB”, “nothing”. */
export const amountText = (bytes: number): string => (bytes === 0 ? "nothing" : sizeText(bytes));

/** All of it in a sentence: “1.2 MB went to 3 hosts, and 20 MB came back.” */
export const totalText = (hosts: readonly HostFlows[]): string => {
  const out = hosts.reduce((all, { bytesOut }) => all + bytesOut, 0);
  const back = hosts.reduce((all, { bytesIn }) => all + bytesIn, 0);
  if (hosts.length === 0) return "Nothing was sent to anybody.";
  const got = hosts.filter(({ bytesOut }) => bytesOut > 0);
  if (got.length === 0) return `Nothing was sent: no way led to ${hostsText(hosts.map(({ host }) => host))}.`;
  return `${amountText(out)} went to ${hostsText(got.map(({ host }) => host))}, and ${amountText(back)} came back.`;
};

/**
 * What an address with letters beyond the plain ones is in plain letters, “xn--pypal-4ve.com”; null where it cannot be said,
 * undefined where the letters are plain anyway.
 */
export const plainHost = (host: string): string | null | undefined => {
  // Threat: a program behind the gate asks for any name it likes, also one whose letters only look like another's.
  if (/^[\x21-\x7e]+$/.test(host)) return undefined;
  return /[/\\?#@\s]/.test(host) || !URL.canParse(`http://${host}`) ? null : new URL(`http://${host}`).host;
};
