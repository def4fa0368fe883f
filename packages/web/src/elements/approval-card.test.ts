import { AgentId, ToolName } from "@moltbot/contracts";
import type { Approval, ApprovalAnswer } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FieldProblem } from "../state/state.ts";
import { entered, stubFields } from "../testing/fields.ts";
import { readTemplate } from "../testing/read-template.ts";
import type { ReadTemplate } from "../testing/read-template.ts";
import { AGENT, approval, ME } from "../testing/samples.ts";
import { ApprovalCard } from "./approval-card.ts";

/** The card of a question, what it shows, and the answers it gave. */
const show = (question: Approval, problems: readonly (FieldProblem | null)[] = []) => {
  const card = new ApprovalCard();
  const answers: ApprovalAnswer[] = [];
  Object.defineProperty(card, "updateComplete", { value: Promise.resolve(true) });
  Object.assign(card, { querySelector: () => null });
  card.approval = question;
  card.me = ME.id;
  card.answer = (_, answer) => {
    answers.push(answer);
    return Promise.resolve(problems[answers.length - 1] ?? null);
  };
  const read = (): ReadTemplate => readTemplate((card as unknown as { render(): unknown }).render()); // what Lit calls
  return { card, answers, read };
};
const asked = (wish: Partial<Approval["question"]>): Approval => ({
  ...approval(1),
  question: { ...approval(1).question, ...wish },
});
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const problem = (code: string, path: string | null = null): FieldProblem => ({
  code,
  message: "It does not work.",
  next: "Do this.",
  path,
});

beforeEach(stubFields);
afterEach(() => vi.unstubAllGlobals());

describe("a question on a card", () => {
  it("says what would happen, why it asks, every argument with its origin, what leaves and what can be undone", () => {
    const { words } = show(asked({ leaves: "your text, to example.org", undo: "irreversible" })).read();
    for (const part of [
      "Sets a reminder.",
      "Why you are asked: It commits.",
      "Commits",
      "stretch",
      "in your words",
      "10",
      "chosen by the model",
      "Leaves this machine: your text, to example.org",
      "Cannot be undone.",
      "reminder.create",
    ]) {
      expect(words).toContain(part);
    }
    expect(words.match(/critical/g)).toHaveLength(2);
  });

  it("never folds an argument that somebody else's content went into", () => {
    const plain = ["a", "b", "c"].map((name) => ({ name, value: name, critical: false, origin: "planned" }) as const);
    const body = { name: "body", value: "from outside", critical: false, origin: "untrusted" } as const;
    const shown = (sources: readonly { readonly kind: "tool"; readonly ref: string }[]): string =>
      show(asked({ arguments: [...plain, { ...body, sources }] }))
        .read()
        .markup.split("<details")[0] ?? "";
    expect(shown([{ kind: "tool", ref: "mail.read" }])).toContain("from outside");
    expect(shown([])).not.toContain("from outside");
  });

  it("says what a plan fixed, what the directory names, and where a value that was not known came from", () => {
    const sources = [
      { kind: "host", ref: "mail\u200B.example.org" },
      { kind: "tool", ref: "mail.read" },
    ] as const;
    const { words } = show(
      asked({
        arguments: [
          { name: "to", value: "anna@example.org", critical: true, origin: "untrusted", sources },
          { name: "cc", value: "bert@example.org", critical: true, origin: "directory" },
          { name: "subject", value: "Yes", critical: false, origin: "planned" },
          { name: "text", value: "See you", critical: false, origin: "model", sources },
        ],
      }),
    ).read();
    expect(words).toMatch(
      /anna@example.org this value came from a page of mail⟨U\+200B⟩.example.org, a result of mail.read/,
    );
    expect(words).toContain("bert@example.org the address of a contact you confirmed");
    expect(words).toContain("Yes fixed by the plan, before anything from outside was read");
    expect(words).toContain("chosen by the model, with content from a page of");
  });

  it("says what was in view, through whom it came, and how long it waits", () => {
    const other = AgentId.parse("00000000-0000-7000-8000-000000000333");
    const { card, read } = show(
      asked({
        sources: [
          { kind: "host", ref: "example.org" },
          { kind: "file", ref: "a\u202E.md" },
        ],
        agentChain: [AGENT, other],
        stepUp: true,
      }),
    );
    card.nameOf = (id) => (id === AGENT ? "Molty" : "Reader\u200B");
    const { words, markup } = read();
    expect(words).toContain("Untrusted content was in view: a page of example.org, the file a⟨U+202E⟩.md");
    expect(words).toContain("Molty → Reader U+200B");
    expect(words).toContain("needs a one-time code");
    expect(words).toContain("Ends in 15 minutes: no answer means no.");
    expect(markup).not.toMatch(/[\u202E\u200B]/);
    expect(show(approval(1)).read().words).not.toMatch(/in view|came through|one-time/);
  });

  it("shows critical arguments first and folds many others", () => {
    const others = ["a", "b", "c"].map((name) => ({ name, value: 1, critical: false, origin: "model" as const }));
    const { markup } = show(asked({ arguments: [...others, ...approval(1).question.arguments.slice(0, 1)] })).read();
    expect(markup.indexOf("stretch")).toBeLessThan(markup.indexOf("<details"));
    expect(markup).toContain("And 3 other arguments");
  });

  it("shows a message as it will be sent, and a change with marks that do not hang on colour", () => {
    expect(show(asked({ preview: { kind: "message", text: "Dear\u202E Anna" } })).read().words).toContain(
      "The message, as it will be sent Dear U+202E Anna",
    );
    const { words } = show(asked({ preview: { kind: "diff", text: "@@ -1 +1 @@\n same\n-old\n+new\u200B\n" } })).read();
    expect(words).toContain("@@ -1 +1 @@ same − removed: old + added: new U+200B");
  });

  it("tells the name of a file from a line that reads like one by where it stands", () => {
    const kinds = (...lines: readonly string[]): readonly string[] =>
      [
        ...show(asked({ preview: { kind: "diff", text: lines.join("\n") } }))
          .read()
          .markup.matchAll(/class="diff-line ([a-z]*)"/g),
      ].map(([, kind = ""]) => kind);
    const first = ["--- a.sql", "+++ a.sql", "@@ line 1 @@", "--- old", "+++ new", " same", "--- last", "+++ last"];
    const second = ["--- b.sql", "+++ b.sql", "@@ line 1 @@", "+x", "--- only", " same", "+++ only"];
    expect(kinds(...first)).toEqual(["place", "place", "place", "removed", "added", "", "removed", "added"]);
    expect(
      kinds(...first, ...second)
        .slice(first.length - 2)
        .join(","),
    ).toBe("removed,added,place,place,place,added,removed,,added");
    expect(kinds("2 files", "--- a", "+++ b")).toEqual(["", "removed", "added"]);
    expect(kinds("--- the folder a: 1 files", "+++ (no folder any more)", "-x")).toEqual(["place", "place", "removed"]);
  });

  it("shows hidden characters in everything that came from elsewhere", () => {
    const bad = "a\u202Eb";
    const { markup } = show(
      asked({
        consequence: bad,
        why: bad,
        leaves: bad,
        arguments: [{ name: bad, value: { [bad]: bad }, critical: true, origin: "untrusted" }],
        proposal: { seen: 2, constraints: [{ kind: "equals", argument: bad, value: bad }] },
      }),
    ).read();
    expect(markup).not.toContain("\u202E");
    expect(markup).toContain("chosen with untrusted content in view");
  });

  it("offers the scopes of the question and no other", () => {
    const only = show(asked({ scopes: ["once"] })).read();
    expect(only.words).toContain("Allow once");
    expect(only.markup).not.toMatch(/Or allow|<dialog/);
    expect(show(asked({ scopes: ["once", "task", "conversation"] })).read().words).toContain(
      "for this task for this conversation",
    );
  });

  it.each([
    ["Allow once", { answer: "allow", scope: "once" }],
    ["Allow for this task", { answer: "allow", scope: "task" }],
    ["Deny", { answer: "deny", scope: "once" }],
    ["Deny and stop", { answer: "deny", scope: "once", stop: true }],
  ] as const)("answers “%s” with exactly that", async (label, answer) => {
    const { answers, read } = show(asked({ scopes: ["once", "task"] }));
    read().fire("click", label);
    await settle();
    expect(answers).toEqual([answer]);
  });

  it("answers once, however often it is pressed while the answer is on its way", async () => {
    const { answers, read } = show(approval(1));
    read().fire("click", "Allow once");
    read().fire("click", "Allow once");
    read().fire("click", "Deny");
    await settle();
    expect(answers).toHaveLength(1);
  });

  it("opens the editor for always and grants nothing by that", async () => {
    const { card, answers, read } = show(approval(1));
    const happened: string[] = [];
    const dialog = { showModal: () => happened.push("opened"), close: () => happened.push("closed") };
    Object.assign(card, { querySelector: () => dialog });
    expect(read().markup).not.toContain("<grant-editor");
    read().fire("click", "Always allow…");
    await settle();
    expect({ happened, answers }).toEqual({ happened: ["opened"], answers: [] });
    expect(read().markup).toContain("<grant-editor");
  });

  it("offers what was allowed again and again as one press", async () => {
    const constraints = [{ kind: "at-most", argument: "minutes", limit: 30 }] as const;
    const { answers, read } = show(asked({ proposal: { seen: 4, constraints } }));
    expect(read().words).toContain("You allowed this 4 times.");
    expect(read().words).toContain("when minutes is at most 30");
    read().fire("click", "Stop asking for this");
    await settle();
    expect(answers).toEqual([{ answer: "allow", scope: "always", constraints }]);
    const once = show(asked({ proposal: { seen: 4, constraints }, scopes: ["once"] }));
    expect(once.read().words).not.toContain("Stop asking");
  });

  const programs = (hosts: readonly string[], wish: Partial<Approval["question"]> = {}): Approval =>
    asked({
      tool: ToolName.parse("exec.run"),
      effect: "execute",
      scopes: ["once", "task", "conversation"],
      proposal: { seen: 0, scope: "conversation", constraints: [{ kind: "host-in", argument: "network", hosts }] },
      ...wish,
    });
  const RUN = "Run programs without asking in this conversation";

  it.each([
    [
      "without network",
      [],
      "exec.run would run any program. The wall bounds them all: they work on a copy of the workspace, without network .",
    ],
    [
      "to the hosts of the call alone",
      ["registry.example:443", "a\u202E.example:443"],
      "a copy of the workspace, and reach only registry.example:443, a⟨U+202E⟩.example:443 , where they can send whatever",
    ],
  ] as const)(
    "lets programs run for the conversation in one press, %s, and says what bounds them",
    async (_, hosts, says) => {
      const { answers, read } = show(programs(hosts));
      expect(read().words).toContain(says);
      expect(read().words).toContain("What they change comes back only when it is kept.");
      expect(read().words).not.toMatch(/You allowed this|90 days/);
      read().fire("click", RUN);
      await settle();
      expect(answers).toEqual([
        { answer: "allow", scope: "conversation", constraints: [{ kind: "host-in", argument: "network", hosts }] },
      ]);
    },
  );

  it("puts programs for the conversation behind every narrower answer, and asks for a code where one is needed", async () => {
    const { markup } = show(programs([])).read();
    for (const before of ["Allow once", "Deny", "Allow for this conversation", "Deny and stop"])
      expect(markup.indexOf(before)).toBeLessThan(markup.indexOf(RUN));
    const proven = show(programs([], { stepUp: true }));
    proven.read().fire("click", RUN);
    await settle();
    expect(proven.answers).toEqual([]);
    expect(proven.read().words).toContain("One-time code");
  });

  it("claims no wall for a proposal about anything else, and proposes nothing that the question does not take", () => {
    const words = (wish: Partial<Approval["question"]>): string => show(programs([], wish)).read().words;
    const limits = { seen: 0, scope: "conversation", constraints: [{ kind: "count", limit: 3 }] } as const;
    expect(words({ proposal: limits })).toContain(
      "For the rest of this conversation, allow exec.run when at most 3 times in all? Stop asking for this in this conversation",
    );
    const without = words({ effect: "fetch" });
    expect(without).toContain("allow exec.run without network? Stop asking for this in this conversation");
    expect(words({ proposal: limits }) + without).not.toMatch(/The wall bounds|Run programs/);
    expect(words({ scopes: ["once", "task"] })).not.toContain(RUN);
  });

  it("shows how it ended instead of the choices, and explains it to whoever may ask", () => {
    const ended = show(approval(1, { state: "denied", answeredBy: ME.id, reason: "no" }));
    expect(ended.read().words).toBe("You denied this: “no”. Sets a reminder.");
    expect(ended.read().markup).not.toContain("<button");
    const asking: Approval[] = [];
    ended.card.why = (about) => asking.push(about);
    ended.read().fire("click", "Why? Sets a reminder.");
    expect(asking).toHaveLength(1);
    expect(show(approval(1, { state: "allowed", answeredBy: null, scope: "once" })).read().markup).toContain("allowed");
  });

  it("takes a reason with a denial, and goes back with Escape", async () => {
    const { card, answers, read } = show(approval(1));
    read().fire("click", "Deny with a reason");
    expect(read().words).toContain("Why not? The assistant reads this.");
    expect(read().words).not.toContain("Allow once");
    read().fire("keydown", "reason-input", { key: "Escape" });
    expect(read().words).toContain("Allow once");
    read().fire("click", "Deny with a reason");
    Object.assign(card, { querySelector: () => ({ value: "  not now ", focus: () => undefined }) });
    read().fire("submit", "Why not?");
    await settle();
    expect(answers).toEqual([{ answer: "deny", scope: "once", reason: "not now" }]);
  });

  it("says less as one of several, but what leaves, what was in view and what cannot be undone", () => {
    const { card, read } = show(
      asked({ sources: [{ kind: "host", ref: "example.org" }], undo: "irreversible", leaves: "it, to example.org" }),
    );
    card.compact = true;
    card.note = "Too late.";
    for (const part of [
      "Sets a reminder.",
      "a page of example.org",
      "Cannot be undone.",
      "Leaves this machine",
      "Too late.",
    ])
      expect(read().words).toContain(part);
    expect(read().words).not.toMatch(/Why you are asked|Or allow/);
    read().fire("click", "Details");
    expect(read().words).toMatch(/Why you are asked.*Or allow/);
  });
});

describe("changing a call before allowing it", () => {
  it("sends all arguments as they stand in the fields", async () => {
    const { answers, read } = show(approval(1));
    read().fire("click", "Change it");
    expect(read().words).not.toContain("Or allow");
    read().fire("input", "id=edit-00000000-0000-7000-8000-000000000201-1", entered("25"));
    expect(read().words).toContain("Allow once, as changed");
    read().fire("submit", "");
    await settle();
    expect(answers).toEqual([
      { answer: "allow", scope: "once", arguments: { text: "stretch", minutes: 25, note: "x" } },
    ]);
  });

  it("allows the call as asked when nothing was changed", async () => {
    const { answers, read } = show(approval(1));
    read().fire("click", "Change it");
    read().fire("submit", "");
    await settle();
    expect(answers).toEqual([{ answer: "allow", scope: "once" }]);
  });

  it("sends nothing while a field cannot be read, and says which", async () => {
    const { answers, read } = show(approval(1));
    read().fire("click", "Change it");
    read().fire("input", "id=edit-00000000-0000-7000-8000-000000000201-1", entered("soon"));
    read().fire("submit", "");
    await settle();
    expect(answers).toEqual([]);
    expect(read().words).toContain("Write a number.");
  });

  it("puts the gateway's objection at its field and stays open", async () => {
    const { answers, read } = show(approval(1), [problem("APPROVAL_EDIT_INVALID", "/minutes")]);
    read().fire("click", "Change it");
    read().fire("input", "id=edit-00000000-0000-7000-8000-000000000201-1", entered("0"));
    read().fire("submit", "");
    await settle();
    expect(answers).toHaveLength(1);
    expect(read().markup).toMatch(/-1-problem" class="field-problem">It does not work\. Do this\./);
    expect(read().words).toContain("as changed");
  });

  it("shows hidden characters that a field would hide", () => {
    const { read } = show(
      asked({ arguments: [{ name: "path", value: "a\u202Eb", critical: true, origin: "untrusted" }] }),
    );
    read().fire("click", "Change it");
    expect(read().words).toMatch(/It holds hidden characters: +a U\+202E b/);
  });
});

describe("an answer that needs a proof", () => {
  const withCode = (card: ApprovalCard, code: string): unknown =>
    Object.assign(card, { querySelector: () => ({ value: code, focus: () => undefined, close: () => undefined }) });

  it("asks for the code before it allows, and for none before it denies", async () => {
    const { card, answers, read } = show(asked({ stepUp: true }));
    read().fire("click", "Allow once");
    await settle();
    expect(answers).toEqual([]);
    expect(read().words).toContain("./moltbot open --code");
    withCode(card, " 12345678 ");
    read().fire("submit", "One-time code");
    await settle();
    expect(answers).toEqual([{ answer: "allow", scope: "once", proof: "12345678" }]);
    const denied = show(asked({ stepUp: true }));
    denied.read().fire("click", "Deny");
    await settle();
    expect(denied.answers).toEqual([{ answer: "deny", scope: "once" }]);
  });

  it("shows a refused code at the field, and asks for one that the card did not expect", async () => {
    const { card, answers, read } = show(approval(1), [problem("STEP_UP_REQUIRED"), problem("STEP_UP_REQUIRED"), null]);
    read().fire("click", "Allow once");
    await settle();
    expect(read().words).toContain("It does not work. Do this.");
    withCode(card, "wrong");
    read().fire("submit", "One-time code");
    await settle();
    expect(read().markup).toContain("aria-invalid=true");
    withCode(card, "right");
    read().fire("submit", "One-time code");
    await settle();
    expect(answers.map(({ proof }) => proof)).toEqual([undefined, "wrong", "right"]);
  });

  it("sends nothing without a code", async () => {
    const { card, answers, read } = show(asked({ stepUp: true }));
    read().fire("click", "Allow once");
    withCode(card, "  ");
    read().fire("submit", "One-time code");
    await settle();
    expect(answers).toEqual([]);
  });
});
