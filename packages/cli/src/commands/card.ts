import type { Approval, Preview, Question } from "@moltbot/contracts";
import color from "picocolors";
import { printableLine, printableValue, when } from "../output.ts";
import { diffLines } from "./diff-lines.ts";
import { limitsText } from "./limit-text.ts";
import { offeredBy, proposalLabel, proposalText, scopeOf } from "./proposal.ts";

const ORIGINS = {
  stated: "in your words",
  granted: "fixed by a grant",
  planned: "fixed by the plan, before anything from outside was in view",
  directory: "a confirmed contact",
  model: "chosen by the model",
  untrusted: "chosen with untrusted content in view",
} as const;

const UNDO = { none: "nothing to undo", undoable: "can be undone", irreversible: "cannot be undone" } as const;

const CLASSES = {
  read: "reads what is yours",
  fetch: "asks another machine",
  write: "changes files or notes",
  send: "sends something out",
  execute: "runs a program behind the wall",
  commit: "commits you to something",
} as const;

const SCOPES = {
  once: "this one call",
  task: "calls like it in this task",
  conversation: "calls like it in this conversation",
  always: "calls like it from now on",
} as const;

const WORRYING: ReadonlySet<string> = new Set(["send", "execute", "commit"]);

const valueOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

const NARROWEST = 8;
const WIDEST = 24;
/** Lines of a message or difference that a card shows; the rest is counted. */
const LONGEST_PREVIEW = 60;

/** One row of a card: a name and a value, neither of which can forge another row. */
type Row = (name: string, value: string) => string;

const PLAIN = (line: string): string => line;
const DIFF_COLORS = { place: color.cyan, added: color.green, removed: color.red, around: PLAIN } as const;

const coloured = (lines: readonly string[]): readonly string[] => {
  const kinds = diffLines(lines);
  return lines.map((line, at) => DIFF_COLORS[kinds[at] ?? "around"](line));
};

/** The message or difference itself, each line behind a bar so that none can pass for a row of the card. */
const previewRows = (row: Row, { kind, text }: Preview): readonly string[] => {
  const lines = printableValue(text).replaceAll("\t", "    ").split("\n");
  const shown = kind === "diff" ? coloured(lines) : lines;
  const rest = lines.length - LONGEST_PREVIEW;
  return [
    row("preview", color.dim(kind === "diff" ? "the change:" : "what it would be:")),
    ...shown.slice(0, LONGEST_PREVIEW).map((line) => `    ${color.dim("│")} ${line}`),
    ...(rest > 0 ? [`    ${color.dim(`│ and ${String(rest)} lines more: --json shows them`)}`] : []),
  ];
};

/** Values that the owner fixed in one way or another. */
const FIXED: ReadonlySet<string> = new Set(["stated", "granted", "planned", "directory"]);

const sourcesText = (sources: Question["sources"]): string =>
  sources.map(({ kind, ref }) => printableLine(`${kind} ${ref}`)).join(", ");

const argumentRows = (row: Row, { arguments: parts }: Question): readonly string[] =>
  parts.map(({ name, value, origin, critical, sources = [] }) => {
    const which = sources.length === 0 ? "" : ` (${sourcesText(sources)})`;
    const from = `${ORIGINS[origin]}${which}${critical ? ", decides" : ""}`;
    const said = critical && !FIXED.has(origin) ? color.yellow(from) : color.dim(from);
    return row(printableLine(name), `${printableLine(valueOf(value))} ${said}`);
  });

const proposalRows = (row: Row, question: Question): readonly string[] => {
  const proposal = offeredBy(question);
  return proposal === null
    ? []
    : [
        row(
          "proposal",
          `${printableLine(proposalText(question, proposal))} ${color.dim(`(--scope ${scopeOf(proposal)} --proposed)`)}`,
        ),
      ];
};

/** The exact commands that answer; no value of the call stands in them, so that nothing of it reaches a shell. */
const choiceRows = (row: Row, { id, question }: Approval): readonly string[] => {
  const proposal = offeredBy(question);
  const command = (words: string): string => `./moltbot approvals ${words}`;
  const choices = [
    ...question.scopes.map((scope) => [
      command(`allow ${id}${scope === "once" ? "" : ` --scope ${scope}`}`),
      SCOPES[scope],
    ]),
    ...(proposal === null ? [] : [[command(`allow ${id} --proposed`), proposalLabel(question, proposal)]]),
    [command(`deny ${id} --reason WHY`), "no; the reason goes back to the model"],
    [command(`deny ${id} --stop`), "no, and stop the turn"],
  ] as const;
  const width = Math.max(...choices.map(([words = ""]) => words.length));
  return choices.map(([words = "", says = ""], at) =>
    row(at === 0 ? "answer" : "", `${words.padEnd(width)}  ${color.dim(says)}`),
  );
};

const answeredRow = (row: Row, { state, answeredAt, scope, reason }: Approval): string =>
  row(
    "state",
    [
      state,
      ...(scope === null ? [] : [`for ${SCOPES[scope]}`]),
      ...(answeredAt === null ? [] : [`on ${when(answeredAt)}`]),
      ...(reason === null ? [] : [`because “${printableLine(reason)}”`]),
    ].join(", "),
  );

const originRows = (row: Row, { sources, agentChain }: Question): readonly string[] => [
  ...(sources.length === 0 ? [] : [row("in view", color.yellow(`untrusted: ${sourcesText(sources)}`))]),
  ...(agentChain.length < 2 ? [] : [row("agents", agentChain.join(" → "))]),
];

/**
 * The whole question, as a card: consequence, risk class, reason, every argument with its origin, the message or change itself,
 * what leaves, what can be undone, what was in view, what wider answers grant, when it ends, and how to answer (left out where the answer is asked for right below).
 */
export const card = (approval: Approval, answered: "by command" | "below" = "by command"): string => {
  const { id, question, state, edited, expiresAt } = approval;
  const names = question.arguments.map(({ name }) => printableLine(name));
  const width = Math.min(WIDEST, Math.max(NARROWEST, ...names.map((name) => name.length)));
  const row: Row = (name, value) => `  ${color.dim(name.padEnd(width))} ${value}`;
  const open = state === "pending";
  const effect = WORRYING.has(question.effect) ? color.yellow(question.effect) : question.effect;
  const widens = question.scopes.some((scope) => scope !== "once");
  return [
    `${color.yellow("?")} ${color.bold(printableLine(question.consequence))}`,
    row("class", `${effect} ${color.dim(`(${CLASSES[question.effect]})`)}`),
    row("why", `${printableLine(question.why)} ${color.dim(`[${printableLine(question.rule)}]`)}`),
    row("does", question.tool),
    ...argumentRows(row, question),
    ...(edited === null ? [] : [row("changed", "a person changed these arguments before allowing them")]),
    ...(question.preview === null ? [] : previewRows(row, question.preview)),
    row("leaves", question.leaves === null ? "nothing leaves this machine" : printableLine(question.leaves)),
    row("undo", question.undo === "irreversible" ? color.yellow(UNDO.irreversible) : UNDO[question.undo]),
    ...originRows(row, question),
    ...(widens
      ? [row("wider", `an answer beyond this call grants: ${printableLine(limitsText(question.grant))}`)]
      : []),
    ...proposalRows(row, question),
    ...(open ? [] : [answeredRow(row, approval)]),
    ...(open && answered === "by command" ? choiceRows(row, approval) : []),
    ...(open && question.stepUp
      ? [
          row(
            "proof",
            "needs a fresh proof that it is you: answer at this machine, or with --code from ./moltbot open --code",
          ),
        ]
      : []),
    ...(open ? [row("expires", when(expiresAt))] : []),
    row("id", id),
  ].join("\n");
};
