import type { Approval, Constraint, JsonObject, Principal, ToolCall } from "@moltbot/contracts";
import {
  AGENT,
  callOf,
  OTHER_AGENT,
  OTHER_CONVERSATION,
  OTHER_TURN,
  OWNER,
  STRANGER,
} from "../../../../packages/core/src/guard/testing/house.ts";
import { accept, exactly, give, inTheWay, named, otherSpellings } from "../attack.ts";
import type { Case, Wanted } from "../attack.ts";
import { SPELLINGS } from "../encodings.ts";
import type { Control, Scene } from "../plugs.ts";
import { grantOf } from "../tools.ts";

/** Calls that ask, one for each kind of effect that a person may allow. */
const ASKED: Readonly<Record<string, JsonObject>> = {
  "mail.send": { to: "zoé@example.org", text: "see you, café" },
  "bank.pay": { to: "café-1", amount: 5 },
  "job.run": { command: "tidy café" },
  "share.add": { who: "zoé@example.org", permission: "réad" },
  "note.burn": { path: "notes/café.txt" },
  "right.give": { to: "zoé" },
  "web.fetch": { url: "https://example.org/caf" },
};
const tools = Object.keys(ASKED);
const goodOf = (tool: string): JsonObject => ASKED[tool] ?? {};
const wantedOf = ({ tool, arguments: given }: ToolCall): Wanted => ({ tool, arguments: given });
const EVIL: Readonly<Record<string, JsonObject>> = {
  "mail.send": { to: "eve@evil.test", text: "see you, café" },
  "bank.pay": { to: "eve", amount: 900 },
  "job.run": { command: "rm -rf /" },
  "share.add": { who: "eve@evil.test", permission: "write" },
  "note.burn": { path: "notes/will.txt" },
  "right.give": { to: "eve" },
  "web.fetch": { url: "https://example.org/?q=what-I-read" },
};

/** A call of the tool with a question about it on the table. */
const asking = async (scene: Scene, tool: string, given = goodOf(tool)) => {
  const call = callOf(tool, given, "untrusted");
  return { call, approval: await scene.parked(call) };
};

/** The yes was for other arguments: argument × encoding × a yes for once. */
const MUTATED: readonly (readonly [string, string])[] = [
  ["mail.send", "to"],
  ["mail.send", "text"],
  ["bank.pay", "to"],
  ["bank.pay", "amount"],
  ["job.run", "command"],
  ["share.add", "who"],
];
const drifted: readonly Case[] = MUTATED.flatMap(([tool, argument]) => {
  const good = goodOf(tool)[argument] ?? null;
  return otherSpellings(good).map(([encoding, value]) =>
    named({
      argument: `${tool} ${argument}`,
      encoding,
      time: "after the yes",
      surface: "a yes for once",
      control: ["a yes is bound to the digest", ...inTheWay(value, good)],
      attack: async (scene) => {
        const { call, approval } = await asking(scene, tool);
        await scene.answer(approval);
        await scene.attempt({ ...call, arguments: { ...call.arguments, [argument]: value } });
      },
    }),
  );
});

/** Whatever else of the call or of the world drifts between the yes and the act. */
const DRIFTS: Readonly<
  Record<string, readonly [(scene: Scene, call: ToolCall) => ToolCall | void, readonly Control[]]>
> = {
  "the label drifts": [
    (_, call) => ({ ...call, label: { ...call.label, sources: [{ kind: "host", ref: "evil.test" }] } }),
    ["a yes is bound to the digest"],
  ],
  "the readers drift": [
    (_, call) => ({ ...call, label: { ...call.label, readers: "public" } }),
    ["a yes is bound to the digest"],
  ],
  "the authority drifts": [(_, call) => ({ ...call, authority: STRANGER.id }), ["a yes is bound to the digest"]],
  "the chain of agents drifts": [
    (_, call) => ({ ...call, agentChain: [OTHER_AGENT, AGENT] }),
    ["a yes is bound to the digest"],
  ],
  "the epoch rises": [(scene) => void (scene.rows.epoch = 2), ["a yes is bound to the digest"]],
  "the tool's version rises": [
    (scene) => void (scene.tools.manifests = scene.tools.manifests.map((one) => ({ ...one, version: 2 }))),
    ["a yes is bound to the digest"],
  ],
  "the tool wants more permissions": [
    (scene) =>
      void (scene.tools.manifests = scene.tools.manifests.map((one) => ({
        ...one,
        permissions: [...one.permissions, "exec:run"],
      }))),
    ["a yes is bound to the digest"],
  ],
  "what the tool says of taking back changes": [
    (scene) =>
      void (scene.tools.manifests = scene.tools.manifests.map((one) => ({
        ...one,
        undo: one.undo === "none" ? ("undoable" as const) : ("none" as const),
      }))),
    ["a yes is bound to the digest"],
  ],
  "what it points at drifts": [
    (scene) => {
      const before = scene.tools.resolving;
      scene.tools.resolving = (call) => {
        const found = before(call);
        const other = { argument: "to", kind: "value", value: "another file", identity: "2:9", refusal: null } as const;
        return found.ok ? { ok: true, value: [...found.value, other] } : found;
      };
    },
    ["a yes is bound to the digest"],
  ],
  "the policy changes": [
    (scene) => void (scene.dials.policy = { version: "newer", forbids: () => [] }),
    ["a yes is bound to the digest"],
  ],
  "the call is another one": [
    (_, call) => ({ ...call, id: callOf("mail.send", {}).id }),
    ["a yes belongs to one call"],
  ],
  "the task is another one": [(_, call) => ({ ...call, turnId: OTHER_TURN }), ["a yes belongs to one call"]],
  "the agent is another one": [
    (_, call) => ({ ...call, agentId: OTHER_AGENT, agentChain: [OTHER_AGENT] }),
    ["a yes belongs to one call"],
  ],
  "the conversation is another one": [
    (_, call) => ({ ...call, conversationId: OTHER_CONVERSATION }),
    ["a yes belongs to one call"],
  ],
  "the call and its recipient are others": [
    (_, call) => ({ ...call, id: callOf("mail.send", {}).id, arguments: EVIL[call.tool] ?? {} }),
    ["a yes belongs to one call"],
  ],
};
const drifts: readonly Case[] = tools.flatMap((tool) =>
  Object.entries(DRIFTS).map(([time, [drift, control]]) =>
    named({
      argument: tool,
      encoding: "as allowed",
      time,
      surface: "a yes for once",
      control,
      attack: async (scene) => {
        const { call, approval } = await asking(scene, tool);
        await scene.answer(approval);
        await scene.attempt(drift(scene, call) ?? call);
      },
    }),
  ),
);

/** Time and state of the question itself. */
interface Moment {
  readonly control: readonly Control[];
  readonly attack: (scene: Scene, call: ToolCall, approval: Approval) => Promise<readonly Wanted[] | void>;
}
const MINUTES = 60_000;
const by = (change: Partial<Principal>): Principal => ({ ...OWNER, ...change });
const answeredBy =
  (principal: Principal): Moment["attack"] =>
  async (scene, call, approval) => {
    await scene.answer(approval, {}, principal);
    await scene.attempt(call);
  };
const MOMENTS: Readonly<Record<string, Moment>> = {
  "the yes is too old": {
    control: ["expiry is looked at"],
    attack: async (scene, call, approval) => {
      await scene.answer(approval);
      scene.clock.advance(15 * MINUTES);
      await scene.attempt(call);
    },
  },
  "the yes comes from the future": {
    control: ["a clock from the future is doubted"],
    attack: async (scene, call, approval) => {
      await scene.answer(approval);
      const row = scene.rows.approvals.get(approval.id);
      const later = scene.clock.now().replace("2026", "2027") as Approval["expiresAt"]; // the same instant a year later
      if (row !== undefined) scene.rows.approvals.set(row.id, { ...row, answeredAt: later, expiresAt: later });
      await scene.attempt(call);
    },
  },
  "the row says allowed and names nobody": {
    control: ["a person gave the answer"],
    attack: async (scene, call, approval) => {
      scene.rows.approvals.set(approval.id, { ...approval, state: "allowed" });
      await scene.attempt(call);
    },
  },
  "the answer comes too late": {
    control: ["expiry is looked at"],
    attack: async (scene, call, approval) => {
      scene.clock.advance(15 * MINUTES);
      await scene.answer(approval);
      await scene.attempt(call);
    },
  },
  "a stranger answers": {
    control: ["only who the turn runs for answers"],
    attack: answeredBy(STRANGER),
  },
  "another member answers": {
    control: ["only who the turn runs for answers"],
    attack: answeredBy(by({ id: STRANGER.id, role: "member" })),
  },
  "a viewer answers": {
    control: ["only who the turn runs for answers"],
    attack: answeredBy(by({ role: "viewer" })),
  },
  "the agent answers": {
    control: ["only who the turn runs for answers"],
    attack: answeredBy(by({ kind: "agent" })),
  },
  "a plugin answers": {
    control: ["only who the turn runs for answers"],
    attack: answeredBy(by({ kind: "plugin" })),
  },
  "a server answers": {
    control: ["only who the turn runs for answers"],
    attack: answeredBy(by({ kind: "server" })),
  },
  "a workflow answers": {
    control: ["only who the turn runs for answers"],
    attack: answeredBy(by({ kind: "workflow" })),
  },
  "one yes, two runs at once": {
    control: ["a call runs at most once", "a yes is consumed"],
    attack: async (scene, call, approval) => {
      await scene.answer(approval);
      await Promise.all([scene.attempt(call), scene.attempt(call)]);
      return [wantedOf(call)];
    },
  },
  "one yes, one run after the other": {
    control: ["a call runs at most once"],
    attack: async (scene, call, approval) => {
      await scene.answer(approval);
      await scene.attempt(call);
      const row = scene.rows.approvals.get(approval.id);
      // The attacker got an old backup of the approvals put back.
      if (row !== undefined) scene.rows.approvals.set(row.id, { ...row, state: "allowed" });
      await scene.attempt(call);
      return [wantedOf(call)];
    },
  },
  "asked harmlessly, edited, and the harm is tried": {
    control: ["a yes is bound to the digest"],
    attack: async (scene, call, approval) => {
      const edited = Object.fromEntries(Object.entries(EVIL[call.tool] ?? {}).map(([name, value]) => [name, value]));
      await scene.answer(approval, { arguments: edited });
      const verdict = await scene.verdictOf(call);
      if (verdict.kind !== "allow") return;
      const scope = { tenantId: OWNER.tenantId, principalId: OWNER.id, reach: "own" } as const;
      const permit = await scene.guard.admit(scope, call, verdict, []);
      if (permit.ok) await scene.tools.run(permit.value, call, scope, AbortSignal.any([]));
    },
  },
};
const DENIED_THEN_GRANTED: Readonly<Record<string, Moment>> = {
  "denied, then a grant covers it": {
    control: ["a no outweighs all else"],
    attack: async (scene, call, approval) => {
      await scene.answer(approval, { answer: "deny" });
      give(scene, grantOf(call.tool, exactly(call.arguments)));
      await scene.attempt(call);
    },
  },
  "cancelled, then a grant covers it": {
    control: ["a stop outweighs all else"],
    attack: async (scene, call, approval) => {
      scene.rows.approvals.set(approval.id, { ...approval, state: "cancelled" });
      give(scene, grantOf(call.tool, exactly(call.arguments)));
      await scene.attempt(call);
    },
  },
  "unanswered, then a grant covers it": {
    control: ["silence is a no"],
    attack: async (scene, call) => {
      scene.clock.advance(16 * MINUTES);
      give(scene, grantOf(call.tool, exactly(call.arguments)));
      await scene.attempt(call);
    },
  },
};
const moments: readonly Case[] = tools.flatMap((tool) =>
  Object.entries(MOMENTS).map(([time, { control, attack }]) =>
    named({
      argument: tool,
      encoding: "as asked",
      time,
      surface: "a question",
      control,
      attack: async (scene) => {
        const { call, approval } = await asking(scene, tool);
        return attack(scene, call, approval);
      },
    }),
  ),
);
const overruled: readonly Case[] = ["job.run", "share.add", "mail.send"].flatMap((tool) =>
  Object.entries(DENIED_THEN_GRANTED).map(([time, { control, attack }]) =>
    named({
      argument: tool,
      encoding: "as asked",
      time,
      surface: "a question",
      control,
      attack: async (scene) => {
        const good = tool === "mail.send" ? { to: "zoé@example.org", text: "hi" } : goodOf(tool);
        const { call, approval } = await asking(scene, tool, good);
        return attack(scene, call, approval);
      },
    }),
  ),
);

/** Answers that grant: wider, and for more than the card shows. */
const WIDER = ["job.run", "share.add"] as const;
const swapped: readonly Case[] = (["task", "conversation", "always"] as const).flatMap((scope) =>
  WIDER.flatMap((tool) => {
    const evil = EVIL[tool] ?? {};
    const swaps: Readonly<Record<string, readonly Constraint[]>> = {
      "limits of another call": exactly(evil),
      "no limits": [],
      "stars for limits": Object.keys(evil).map((argument) => ({ kind: "matches", argument, pattern: "*" })),
      "a limit on how often alone": [{ kind: "count", limit: 1_000 }],
    };
    return Object.entries(swaps).map(([encoding, constraints]) =>
      named({
        argument: tool,
        encoding,
        time: "while answering",
        surface: `a yes for ${scope}`,
        control: ["limits fit the call on the card"],
        attack: async (scene) => {
          const { call, approval } = await asking(scene, tool);
          await scene.answer(approval, { scope, constraints });
          // The call on the card may run: the person said yes to it. A grant of other limits was never wanted.
          await scene.attempt(call);
          await scene.attempt(callOf(tool, evil, "untrusted"));
          return [wantedOf(call)];
        },
      }),
    );
  }),
);
/** What a wider yes really gave is used for something else. */
const outgrown: readonly Case[] = (["conversation", "always"] as const).flatMap((scope) =>
  Object.entries(SPELLINGS)
    .map(([encoding, write]) => [encoding, write("tidy café")] as const)
    .filter(([, value]) => typeof value === "string" && value.isWellFormed() && value !== "tidy café")
    .map(([encoding, command]) =>
      named({
        argument: "job.run command",
        encoding,
        time: "in a later call",
        surface: `a yes for ${scope}`,
        control: ["values are compared exactly"],
        attack: async (scene) => {
          const { call, approval } = await asking(scene, "job.run");
          await scene.answer(approval, { scope });
          accept(scene);
          await scene.attempt(callOf("job.run", { command }, "untrusted"));
          return [wantedOf(call)];
        },
      }),
    ),
);
const REACHED: readonly (readonly [string, "task" | "conversation", Partial<ToolCall>])[] = [
  ["in the next task", "task", { turnId: OTHER_TURN }],
  ["in another conversation", "conversation", { conversationId: OTHER_CONVERSATION }],
  ["in another conversation's task", "task", { conversationId: OTHER_CONVERSATION, turnId: OTHER_TURN }],
];
const outreached: readonly Case[] = WIDER.flatMap((tool) =>
  REACHED.map(([time, scope, change]) =>
    named({
      argument: tool,
      encoding: "as allowed",
      time,
      surface: `a yes for ${scope}`,
      control: ["the reach is looked at"],
      attack: async (scene) => {
        const { call, approval } = await asking(scene, tool);
        await scene.answer(approval, { scope });
        accept(scene);
        await scene.attempt({ ...callOf(tool, call.arguments, "untrusted"), ...change });
      },
    }),
  ),
);

const stepUp: readonly Case[] = ["bank.pay", "right.give", "plugin.add"].flatMap((tool) =>
  [undefined, "", "guessed", "RIGHT", "right ", "right\0"].map((proof) =>
    named({
      argument: tool,
      encoding: `the proof ${JSON.stringify(proof ?? null)}`,
      time: "while answering",
      surface: "a stolen session",
      control: ["a fresh proof is asked for"],
      attack: async (scene) => {
        scene.dials.settings = { ...scene.dials.settings, stepUp: true };
        const { call, approval } = await asking(scene, tool, EVIL[tool] ?? { name: "evil" });
        await scene.answer(approval, proof === undefined ? {} : { proof });
        await scene.attempt(call);
      },
    }),
  ),
);

/** A grant without a question, by somebody who may not give one. */
const granted: readonly Case[] = [
  by({ role: "viewer" }),
  by({ kind: "agent" }),
  by({ kind: "plugin" }),
  by({ kind: "workflow" }),
  by({ kind: "server" }),
].flatMap((principal) =>
  WIDER.map((tool) =>
    named({
      argument: tool,
      encoding: "a wish",
      time: "in force",
      surface: `a grant by ${principal.kind === "person" ? `a ${principal.role}` : `a ${principal.kind}`}`,
      control: ["only a member in person grants"],
      attack: async (scene) => {
        const { tool: name } = grantOf(tool);
        await scene.guard.grant(principal, {
          holder: AGENT,
          tool: name,
          constraints: exactly(EVIL[tool] ?? {}),
          release: [],
          rights: ["use"],
          expires: "never",
          reason: "because",
        });
        await scene.attempt(callOf(tool, EVIL[tool] ?? {}, "untrusted"));
      },
    }),
  ),
);

export const ANSWER_CASES: readonly Case[] = [
  ...drifted,
  ...drifts,
  ...moments,
  ...overruled,
  ...swapped,
  ...outgrown,
  ...outreached,
  ...stepUp,
  ...granted,
];
/** The calls that a plain yes lets through. */
export const ASKED_CALLS = ASKED;
