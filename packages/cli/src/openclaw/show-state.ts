import color from "picocolors";
import { printableLine, table } from "../output.ts";
import { shellWord } from "../secret-sources/shell-word.ts";
import type { FoundSecret, FoundState } from "./found.ts";

const SHOWN = 25;

/** What becomes of a credential, in words. */
const fateOf = (secret: FoundSecret, known: ReadonlySet<string> = new Set()): string => {
  if (secret.left !== null) return `left: ${secret.left}`;
  if (secret.expiresAt !== null && Date.parse(secret.expiresAt) <= Date.now()) return "left: it has expired";
  if (known.has(secret.name)) return "left: the vault has a secret of that name";
  return secret.hosts.length === 0 ? "left: nobody knows its host; --host NAME=HOST says it" : "taken";
};

export const isTaken = (secret: FoundSecret, known?: ReadonlySet<string>): boolean => fateOf(secret, known) === "taken";

const messagesOf = ({ sessions }: FoundState): number =>
  sessions.reduce((sum, { conversation }) => sum + conversation.messages.length, 0);

/** What can be shown of a folder's findings: everything but words and values. */
export const summaryOf = (state: FoundState) => ({
  root: state.root,
  generation: state.generation,
  agents: state.agents,
  conversations: state.sessions.filter(({ conversation }) => conversation.messages.length > 0).length,
  messages: messagesOf(state),
  memories: state.memories.length,
  secrets: state.secrets.map((secret) => ({
    name: secret.name,
    kind: secret.kind,
    hosts: secret.hosts,
    at: secret.at,
    fate: fateOf(secret),
  })),
  damaged: state.sessions
    .filter(({ damaged }) => damaged.length > 0)
    .map(({ path, damaged }) => ({ path, lines: damaged })),
  skipped: state.skipped,
  plain: state.plain,
});

const rest = (all: readonly unknown[]): string =>
  all.length > SHOWN ? color.dim(`\n  and ${String(all.length - SHOWN)} more (--json shows all)`) : "";

const list = (heading: string, rows: readonly string[]): readonly string[] =>
  rows.length === 0
    ? []
    : [
        `${heading}\n${rows
          .slice(0, SHOWN)
          .map((row) => `  ${printableLine(row)}`)
          .join("\n")}${rest(rows)}`,
      ];

const counted = (state: FoundState): string => {
  const sum = (of: "aside" | "cut") => state.sessions.reduce((total, session) => total + session[of], 0);
  const damaged = state.sessions.reduce((total, session) => total + session.damaged.length, 0);
  const empty = state.sessions.filter(({ conversation }) => conversation.messages.length === 0).length;
  const said = (count: number, words: string): string => (count === 0 ? "" : `${String(count)} ${words}`);
  const taken = state.secrets.filter((secret) => isTaken(secret)).length;
  return table(
    ["what", "found", "taken", "not taken"],
    [
      ["agents", String(state.agents.length), String(state.agents.length), ""],
      [
        "conversations",
        String(state.sessions.length),
        String(state.sessions.length - empty),
        said(empty, "without words"),
      ],
      [
        "messages",
        String(messagesOf(state) + sum("aside")),
        String(messagesOf(state)),
        [said(sum("aside"), "of other branches"), said(damaged, "damaged lines"), said(sum("cut"), "cut short")]
          .filter((words) => words !== "")
          .join(", "),
      ],
      ["memories", String(state.memories.length), String(state.memories.length), ""],
      ["credentials", String(state.secrets.length), String(taken), said(state.secrets.length - taken, "see below")],
    ],
    "",
  );
};

/** The findings as tables. */
export const showState = (state: FoundState): string => {
  const summary = summaryOf(state);
  const secrets = summary.secrets.map(({ name, hosts, at, fate }) => [
    name,
    hosts.join(", "),
    at.map(({ path, where }) => `${path} (${where})`).join(", "),
    fate,
  ]);
  return [
    `${color.bold(printableLine(state.root))}  ${color.dim(printableLine(state.generation))}`,
    counted(state),
    ...(secrets.length === 0 ? [] : [table(["credential", "hosts", "stands in", ""], secrets, "")]),
    ...list(
      "Damaged or too long, and left:",
      summary.damaged.map(
        ({ path, lines }) =>
          `${path}: line ${lines.slice(0, 5).join(", ")}${lines.length > 5 ? ` and ${String(lines.length - 5)} more` : ""}`,
      ),
    ),
    ...list(
      "Left where it is:",
      summary.skipped.map(({ path, why }) => `${path}: ${why}`),
    ),
  ].join("\n\n");
};

/** What should be deleted now, by hand. */
export const showPlain = (state: FoundState): string =>
  [
    ...list(
      color.bold(
        "This still lies there in plain text. Nothing was deleted; when you need it no more, delete it yourself:",
      ),
      state.plain.map(({ path, holds }) => `${path}  (${holds})`),
    ),
    `All of it: rm -r ${printableLine(shellWord(state.root))}`,
    color.dim(
      "Copies in backups, snapshots and synced folders stay. A key that lay open is best replaced where it was made.",
    ),
  ].join("\n");
