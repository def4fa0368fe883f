import { stripVTControlCharacters } from "node:util";
import { AgentId, ToolName } from "@moltbot/contracts";
import type { Approval, Question } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { approval } from "../testing/samples.ts";
import { when } from "../output.ts";
import { card } from "./card.ts";

const linesOf = (one: Approval): readonly string[] => stripVTControlCharacters(card(one)).split("\n");
const of = (ask: Partial<Question>, wish: Partial<Approval> = {}): readonly string[] => linesOf(approval(wish, ask));
const { id, expiresAt } = approval();
const agents = [1, 2].map((n) => AgentId.parse(`01930000-0000-7000-8000-${String(n).padStart(12, "0")}`));

describe("a card", () => {
  it("shows consequence, class, reason, tool, every argument with its origin, what leaves, undo, grant, answers and expiry", () => {
    expect(linesOf(approval())).toEqual([
      "? Sets a reminder.",
      "  class    commit (commits you to something)",
      "  why      It commits. [commit.unconstrained]",
      "  does     reminder.create",
      "  text     stretch in your words, decides",
      "  leaves   nothing leaves this machine",
      "  undo     can be undone",
      "  wider    an answer beyond this call grants: text is “stretch”",
      `  answer   ./moltbot approvals allow ${id}               this one call`,
      `           ./moltbot approvals allow ${id} --scope task  calls like it in this task`,
      `           ./moltbot approvals deny ${id} --reason WHY   no; the reason goes back to the model`,
      `           ./moltbot approvals deny ${id} --stop         no, and stop the turn`,
      `  expires  ${when(expiresAt)}`,
      `  id       ${id}`,
    ]);
  });

  it("shows the message whole, behind a bar, and how much of a long one is missing", () => {
    const text = "Dear Bob,\n  leaves   nothing leaves this machine\n\tbye\u001b[2J";
    const lines = of({ preview: { kind: "message", text } });
    expect(lines).toContain("  preview  what it would be:");
    expect(lines).toContain("    │ Dear Bob,");
    expect(lines).toContain("    │   leaves   nothing leaves this machine");
    expect(lines).toContain("    │     bye\\u001b[2J");
    expect(lines.filter((line) => line.startsWith("  leaves"))).toHaveLength(1);
    const long = Array.from({ length: 100 }, (_, at) => `line ${String(at)}`).join("\n");
    expect(of({ preview: { kind: "text", text: long } })).toContain("    │ and 40 lines more: --json shows them");
  });

  it("shows a change line by line", () => {
    const lines = of({ preview: { kind: "diff", text: "-old\n+new\n same" } });
    expect(lines.slice(lines.indexOf("  preview  the change:"))).toEqual(
      expect.arrayContaining(["    │ -old", "    │ +new", "    │  same"]),
    );
  });

  it("shows what untrusted content was in view, and the agents between, when there are any", () => {
    const lines = of({
      sources: [
        { kind: "host", ref: "evil.example" },
        { kind: "file", ref: "a\nb" },
      ],
      agentChain: agents,
    });
    expect(lines).toContain("  in view  untrusted: host evil.example, file a\\nb");
    expect(lines).toContain(`  agents   ${agents.join(" → ")}`);
    expect(linesOf(approval()).join()).not.toMatch(/in view|agents/);
  });

  it("says of each argument how it was fixed, and where its value came from", () => {
    const lines = of({
      arguments: [
        { name: "to", value: "ada@example.org", critical: true, origin: "directory" },
        { name: "subject", value: "lunch", critical: true, origin: "planned" },
        {
          name: "iban",
          value: "DE00",
          critical: true,
          origin: "untrusted",
          sources: [{ kind: "host", ref: "evil\u202e.example:443" }],
        },
      ],
    });
    expect(lines).toContain("  to       ada@example.org a confirmed contact, decides");
    expect(lines).toContain("  subject  lunch fixed by the plan, before anything from outside was in view, decides");
    expect(lines).toContain(
      "  iban     DE00 chosen with untrusted content in view (host evil\\u202e.example:443), decides",
    );
  });

  it("proposes the narrowest rule when the question keeps coming, without putting a value into a command", () => {
    const value = "x'; rm -rf ~ #";
    const lines = of({
      scopes: ["once", "always"],
      proposal: { seen: 4, constraints: [{ kind: "equals", argument: "text", value }] },
      grant: [{ kind: "equals", argument: "text", value }],
    });
    expect(lines).toContain(
      `  proposal allowed 4 times before: you could always allow text is “${value}” (--scope always --proposed)`,
    );
    expect(lines.filter((line) => line.includes("./moltbot")).join()).not.toContain("rm -rf");
  });

  const programs = (hosts: readonly string[], wish: Partial<Question> = {}): readonly string[] =>
    of({
      tool: ToolName.parse("exec.run"),
      effect: "execute",
      scopes: ["once", "task", "conversation"],
      proposal: { seen: 0, scope: "conversation", constraints: [{ kind: "host-in", argument: "network", hosts }] },
      ...wish,
    });

  it("proposes programs for the conversation, says what bounds them, and gives the command", () => {
    const lines = programs([]);
    expect(lines).toContain(
      "  proposal in this conversation exec.run could run any program without asking, behind the wall: on a copy of the workspace, without network; what they change comes back only when it is kept (--scope conversation --proposed)",
    );
    expect(lines.find((line) => line.includes(`allow ${id} --proposed `))).toMatch(
      / {2}run programs without asking in this conversation$/,
    );
    const reaching = programs(["registry.example:443", "a\u202e.example:443"]).join("\n");
    expect(reaching).toContain("reaching only registry.example:443, a\\u202e.example:443, where they can send");
    expect(reaching).not.toContain("without network");
  });

  it("claims no wall for a proposal about anything else, and proposes nothing that the question does not take", () => {
    const limit = { kind: "count", limit: 3 } as const;
    const other = programs([], { proposal: { seen: 0, scope: "conversation", constraints: [limit] } }).join("\n");
    expect(other).toContain("proposal you could in this conversation allow at most 3 in all (--scope conversation");
    expect(other).toContain("allow what the card proposes, in this conversation");
    expect(other).not.toMatch(/the wall:|any program/);
    expect(programs([], { effect: "fetch" }).join("\n")).toContain(
      "you could in this conversation allow without network",
    );
    expect(programs([], { scopes: ["once"] }).join("\n")).not.toMatch(/propos/);
  });

  it("says that a proof is needed, and what cannot be undone", () => {
    const lines = of({ stepUp: true, undo: "irreversible", leaves: "the text, to a.example:443" });
    expect(lines.find((line) => line.startsWith("  proof"))).toContain("--code from ./moltbot open --code");
    expect(lines).toContain("  undo     cannot be undone");
    expect(lines).toContain("  leaves   the text, to a.example:443");
  });

  it("of an answered question says how it was answered, and offers no more answers", () => {
    const lines = of(
      {},
      {
        state: "denied",
        answeredAt: expiresAt,
        scope: "task",
        reason: "not\ntoday",
        edited: { text: "x" },
      },
    );
    expect(lines).toContain(
      `  state    denied, for calls like it in this task, on ${when(expiresAt)}, because “not\\ntoday”`,
    );
    expect(lines).toContain("  changed  a person changed these arguments before allowing them");
    expect(lines.join()).not.toContain("./moltbot");
  });

  it("leaves out the commands where the answer is asked for below it", () => {
    const lines = stripVTControlCharacters(card(approval(), "below"));
    expect(lines).not.toContain("./moltbot");
    expect(lines).toContain("  expires");
  });

  it("cannot be forged by anything a stranger may have written", () => {
    const honest = linesOf(approval()).length;
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (one, two) => {
        const lines = of({
          consequence: one,
          why: two,
          leaves: one,
          arguments: [{ name: two, value: one, critical: true, origin: "untrusted" }],
          grant: [{ kind: "equals", argument: two, value: one }],
        });
        expect(lines).toHaveLength(honest);
        expect(lines.join("")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });
});
