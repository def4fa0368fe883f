import type { Approval, AuditRecord } from "@moltbot/contracts";
import type { HiddenCase } from "./corpus.ts";
import type { Renderers, Replayed, StillHidden } from "./report.ts";

const stringsIn = (value: unknown): readonly string[] => {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => [key, ...stringsIn(inner)]);
};

const codeOf = (code: number): string => `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;

/** What prose may show instead of a blank that is no plain space, which is ordinary typography there. */
const BLANK_MARK = "⍽";

/** Whether the number of that code point stands in the shown text, however it is written out; in prose a blank's mark will do. */
const isShown = (code: number, text: string, isProse: boolean): boolean => {
  if (isProse && /\p{Zs}/u.test(String.fromCodePoint(code)) && text.includes(BLANK_MARK)) return true;
  const hex = code.toString(16);
  const escaped = hex.length > 4 ? `\\\\u\\{${hex}\\}` : `\\\\u${hex.padStart(4, "0")}`;
  return new RegExp(`U\\+0*${hex}(?![0-9a-f])|${escaped}`, "i").test(text);
};

const faultsIn = (
  { id, technique, hidden }: HiddenCase,
  surface: string,
  shown: string,
  { mustShow, isProse = false }: { readonly mustShow: boolean; readonly isProse?: boolean },
): readonly StillHidden[] => {
  const raw = hidden.filter((code) => shown.includes(String.fromCodePoint(code)));
  const missing = mustShow ? hidden.filter((code) => !raw.includes(code) && !isShown(code, shown, isProse)) : [];
  return [
    ...(raw.length === 0 ? [] : [{ id, technique, surface, how: "raw" as const, codes: raw.map(codeOf) }]),
    ...(missing.length === 0 ? [] : [{ id, technique, surface, how: "missing" as const, codes: missing.map(codeOf) }]),
  ];
};

/** What a question says. Limits that an answer would grant are data, exact to the byte: the cards show them in words. */
const saidBy = ({ question: { grant: _grant, proposal: _proposal, ...said } }: Approval): unknown => said;

/** Where a case stayed hidden from people, in questions and in the chat. */
export const faultsOf = (
  one: HiddenCase,
  { approvals, messages }: Replayed,
  renderers: Renderers,
): readonly StillHidden[] => [
  ...approvals.flatMap((approval) => [
    ...faultsIn(one, "question (API)", stringsIn(saidBy(approval)).join("\n"), { mustShow: true }),
    ...faultsIn(one, "card (CLI)", renderers.card(approval), { mustShow: true }),
  ]),
  ...messages.flatMap((message) => {
    const isOf = message.role === "user" || message.role === "assistant";
    const speaks = message.parts.some((part) => (part.type === "text" || part.type === "quote") && part.text !== "");
    const shown = renderers.message(message);
    const mustShow = isOf && speaks && shown !== "";
    return faultsIn(one, `chat (CLI), ${message.role}`, shown, { mustShow, isProse: true });
  }),
];

/** Records name nobody's words; were a hidden character in one, it would be of some case. */
export const auditFaults = (
  cases: readonly HiddenCase[],
  records: readonly AuditRecord[],
  renderers: Renderers,
): readonly StillHidden[] => {
  const shown = records.map((record) => renderers.record(record)).join("\n");
  const every: HiddenCase = {
    id: "audit",
    technique: "any",
    text: "",
    hidden: [...new Set(cases.flatMap(({ hidden }) => hidden))],
  };
  return faultsIn(every, "audit (CLI)", shown, { mustShow: false });
};
