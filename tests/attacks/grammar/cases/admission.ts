import type { JsonObject, Permit, ToolCall, Verdict } from "@moltbot/contracts";
import { AGENT, callOf, OWNER, SCOPE } from "../../../../packages/core/src/guard/testing/house.ts";
import { accept, attempt, exactly, give, GRANTABLE, named } from "../attack.ts";
import type { Attack, Case, Target, Wanted } from "../attack.ts";
import { buildScene } from "../plugs.ts";
import type { Control, Scene } from "../plugs.ts";
import { grantOf } from "../tools.ts";

type Allow = Extract<Verdict, { kind: "allow" }>;

const callTo = ({ tool, good }: Target): ToolCall => callOf(tool, good, "authority");
const wantedOf = ({ tool, arguments: given }: ToolCall): Wanted => ({ tool, arguments: given });
const EVIL_TEXT = "eve@evil.test";
/** The same call with the attacker's word in it. */
const evil = (call: ToolCall, { argument, good }: Target): ToolCall => ({
  ...call,
  arguments: { ...good, [argument]: Array.isArray(good[argument]) ? [EVIL_TEXT] : EVIL_TEXT },
});

const considered = async (scene: Scene, call: ToolCall): Promise<Allow | null> => {
  const verdict = await scene.guard.consider(SCOPE, call, []);
  return verdict.ok && verdict.value.kind === "allow" ? verdict.value : null;
};
const admitted = async (scene: Scene, call: ToolCall, verdict: Allow | null): Promise<Permit | null> => {
  const permit = verdict === null ? null : await scene.guard.admit(SCOPE, call, verdict, []);
  return permit?.ok === true ? permit.value : null;
};
const run = async (scene: Scene, permit: unknown, call: ToolCall): Promise<void> => {
  await scene.tools.run(permit as Permit, call, SCOPE, AbortSignal.any([])); // attacks hand in what is no permit
};
const stop = (scene: Scene, by = OWNER) => scene.guard.stop(by, { surface: "api", reason: null });
const revokeAll = (scene: Scene): void => {
  for (const [id, row] of scene.rows.capabilities) {
    scene.rows.capabilities.set(id, { ...row, revokedAt: scene.clock.now() });
  }
};

/** One time of the grammar for each tool that a grant lets through. */
const forEachTool = (
  surface: string,
  times: Readonly<Record<string, readonly [readonly Control[], (target: Target) => Attack]>>,
  targets = GRANTABLE,
): readonly Case[] =>
  targets.flatMap((target) =>
    Object.entries(times).map(([time, [control, write]]) =>
      named({
        argument: `${target.tool} ${target.argument}`,
        encoding: "as granted",
        time,
        surface,
        control,
        attack: write(target),
      }),
    ),
  );

/** A permit, honestly won; then the attack on it. */
const holding =
  (attack: (scene: Scene, permit: Permit, call: ToolCall, target: Target) => Promise<readonly Wanted[] | void>) =>
  (target: Target): Attack =>
  async (scene) => {
    give(scene, grantOf(target.tool, exactly(target.good)));
    const call = callTo(target);
    const permit = await admitted(scene, call, await considered(scene, call));
    return permit === null ? [] : attack(scene, permit, call, target);
  };

const PERMIT = ["a permit is an object, for one call, once, while fresh"] as const;
const permits = forEachTool("a permit", {
  "it is presented twice": [
    PERMIT,
    holding(async (scene, permit, call) => {
      await run(scene, permit, call);
      await run(scene, permit, call);
      return [wantedOf(call)];
    }),
  ],
  "it is presented twice at once": [
    PERMIT,
    holding(async (scene, permit, call) => {
      await Promise.all([run(scene, permit, call), run(scene, permit, call)]);
      return [wantedOf(call)];
    }),
  ],
  "it is a copy": [PERMIT, holding((scene, permit, call) => run(scene, { ...permit }, call))],
  "it is a deep copy": [PERMIT, holding((scene, permit, call) => run(scene, structuredClone(permit), call))],
  "it is read back from text": [
    PERMIT,
    holding((scene, permit, call) => run(scene, JSON.parse(JSON.stringify(permit)), call)),
  ],
  "it is a proxy of one": [PERMIT, holding((scene, permit, call) => run(scene, new Proxy(permit, {}), call))],
  "it inherits from one": [PERMIT, holding((scene, permit, call) => run(scene, Object.create(permit), call))],
  "it is only its id": [PERMIT, holding((scene, permit, call) => run(scene, { id: permit.id }, call))],
  "it is another guard's": [
    PERMIT,
    (target) => async (scene) => {
      const other = buildScene();
      other.grant(grantOf(target.tool, exactly(target.good)));
      const call = callTo(target);
      const permit = await admitted(other, call, await considered(other, call));
      if (permit !== null) await run(scene, permit, call);
    },
  ],
  "it is for another call": [PERMIT, holding((scene, permit, call, target) => run(scene, permit, evil(call, target)))],
  "it is for the same arguments in another call": [
    PERMIT,
    holding((scene, permit, _, target) => run(scene, permit, callTo(target))),
  ],
  "it is for another tool": [
    PERMIT,
    holding((scene, permit, call) => run(scene, permit, { ...call, tool: "bank.pay" })),
  ],
  "it is for another label": [
    PERMIT,
    holding((scene, permit, call) => run(scene, permit, { ...call, label: { ...call.label, readers: "public" } })),
  ],
  "it is half a minute old": [
    PERMIT,
    holding(async (scene, permit, call) => {
      scene.clock.advance(30_001);
      await run(scene, permit, call);
    }),
  ],
  "the clock jumped back": [
    PERMIT,
    holding(async (scene, permit, call) => {
      scene.clock.advance(-5_000);
      await run(scene, permit, call);
    }),
  ],
});
const FORGED: Readonly<Record<string, unknown>> = {
  null: null,
  undefined: undefined,
  "a text": "permit",
  "an empty object": {},
  "a made-up id": { id: "made up" },
  "an id that reads as text": { id: { toString: () => "x" } },
  "a list": [],
  "a function": () => undefined,
};
const forged: readonly Case[] = Object.entries(FORGED).flatMap(([encoding, permit]) =>
  GRANTABLE.map((target) =>
    named({
      argument: `${target.tool} ${target.argument}`,
      encoding: `forged: ${encoding}`,
      time: "never admitted",
      surface: "a permit",
      control: PERMIT,
      attack: (scene) => run(scene, permit, evil(callTo(target), target)).catch(() => undefined),
    }),
  ),
);

const AGAIN = "the decision is taken again at admission" as const;
/** Something changes between the verdict and the permit. */
const between =
  (change: (scene: Scene) => unknown) =>
  (target: Target): Attack =>
  async (scene) => {
    give(scene, grantOf(target.tool, exactly(target.good)));
    const call = callTo(target);
    const verdict = await considered(scene, call);
    await change(scene);
    const permit = await admitted(scene, call, verdict);
    if (permit !== null) await run(scene, permit, call);
  };
const admissions = forEachTool("between verdict and permit", {
  "the grant is revoked": [[AGAIN], between(revokeAll)],
  "the grant is deleted": [[AGAIN], between((scene) => scene.rows.capabilities.clear())],
  "the grant expires": [[AGAIN], between((scene) => scene.clock.advance(3_600_000))],
  "the epoch rises": [[AGAIN], between((scene) => void (scene.rows.epoch += 1))],
  "the policy changes": [
    [AGAIN],
    between((scene) => void (scene.dials.policy = { version: "newer", forbids: () => ["no-more"] })),
  ],
  "the policy begins to fail": [
    [AGAIN],
    between((scene) => {
      scene.dials.policy = {
        version: "broken",
        forbids: () => {
          throw new Error("the policy is broken");
        },
      };
    }),
  ],
  "the budget is lowered": [
    [AGAIN],
    between((scene) => void (scene.dials.settings = { ...scene.dials.settings, callsPerTurn: 0 })),
  ],
  "everything is stopped": [[AGAIN, "permits die with a stop"], between((scene) => stop(scene))],
  "the tool changes": [
    [AGAIN],
    between(
      (scene) =>
        void (scene.tools.manifests = scene.tools.manifests.map((one) => ({ ...one, version: one.version + 1 }))),
    ),
  ],
});

const exchanged =
  (change: (call: ToolCall, target: Target) => ToolCall) =>
  (target: Target): Attack =>
  async (scene) => {
    give(scene, grantOf(target.tool, exactly(target.good)));
    const call = callTo(target);
    const verdict = await considered(scene, call);
    const other = change(call, target);
    const permit = await admitted(scene, other, verdict);
    if (permit !== null) await run(scene, permit, other);
    return [wantedOf(call)].filter(() => other.arguments === call.arguments);
  };
const verdicts = forEachTool("a verdict", {
  "it was for other arguments": [[AGAIN], exchanged((call, target) => evil(call, target))],
});
const madeUp: readonly Case[] = GRANTABLE.map((target) =>
  named({
    argument: `${target.tool} ${target.argument}`,
    encoding: "as wanted by nobody",
    time: "never considered",
    surface: "a verdict made up by hand",
    control: ["values are compared exactly"],
    attack: async (scene) => {
      const grant = grantOf(target.tool, exactly(target.good));
      give(scene, grant);
      const call = evil(callTo(target), target);
      const digest = (await scene.verdictOf(call)) as { readonly digest?: Allow["digest"] }; // questions and allows have one
      if (digest.digest === undefined) return;
      const because = { kind: "capability", capabilityId: grant.id } as const;
      const claim: Allow = { kind: "allow", rule: "made.up", digest: digest.digest, because };
      const permit = await admitted(scene, call, claim);
      if (permit !== null) await run(scene, permit, call);
    },
  }),
);

const copies = forEachTool("a call that its maker keeps", {
  "its arguments change while the intent is recorded": [
    ["the guard judges its own copy"],
    (target) => async (scene) => {
      give(scene, grantOf(target.tool, exactly(target.good)));
      const given: Record<string, unknown> = structuredClone(target.good) as Record<string, unknown>; // a copy to write to
      const call = { ...callTo(target), arguments: given as JsonObject };
      scene.audit.during = () => void Object.assign(given, evil(call, target).arguments);
      await scene.attempt(call);
      return [];
    },
  ],
});

const stops = forEachTool("a stop", {
  "it came between permit and act": [
    ["permits die with a stop"],
    holding(async (scene, permit, call) => {
      await stop(scene);
      await run(scene, permit, call);
    }),
  ],
  "it came and went between permit and act": [
    ["permits die with a stop"],
    holding(async (scene, permit, call) => {
      await stop(scene);
      await scene.guard.resume(OWNER, "none");
      await run(scene, permit, call);
    }),
  ],
  "it came and went between permit and act, and all came back": [
    ["permits die with a stop"],
    holding(async (scene, permit, call) => {
      await stop(scene);
      await scene.guard.resume(OWNER, "all");
      accept(scene);
      await run(scene, permit, call);
    }),
  ],
  "it cannot be recorded": [
    ["permits die with a stop"],
    holding(async (scene, permit, call) => {
      scene.audit.fault = "refuses";
      await stop(scene);
      await run(scene, permit, call);
    }),
  ],
  "it cannot be stored": [
    ["permits die with a stop"],
    holding(async (scene, permit, call) => {
      scene.store.failAt(1, { code: "DATABASE_UNAVAILABLE", message: "", context: {} } as never); // any failure will do
      await stop(scene);
      await run(scene, permit, call);
    }),
  ],
  "it is in force": [
    ["a stop is looked at", "permits die with a stop", "the epoch is looked at"],
    (target) => async (scene) => {
      give(scene, grantOf(target.tool, exactly(target.good)));
      await stop(scene);
      await attempt(scene, target.tool, target.good, "authority");
    },
  ],
  "it is in force, by another gateway": [
    ["a stop is looked at"],
    (target) => async (scene) => {
      give(scene, grantOf(target.tool, exactly(target.good), { epoch: 2 }));
      await stop(scene);
      scene.permits.release(scene.permits.halts());
      await attempt(scene, target.tool, target.good, "authority");
    },
  ],
  "it is over, and nothing came back": [
    ["the epoch is looked at"],
    (target) => async (scene) => {
      give(scene, grantOf(target.tool, exactly(target.good)));
      await stop(scene);
      await scene.guard.resume(OWNER, "none");
      await attempt(scene, target.tool, target.good, "authority");
    },
  ],
  "it is over, and only starting grants came back": [
    ["the epoch is looked at"],
    (target) => async (scene) => {
      give(scene, grantOf(target.tool, exactly(target.good)));
      await stop(scene);
      await scene.guard.resume(OWNER, "starting");
      await attempt(scene, target.tool, target.good, "authority");
    },
  ],
});
const resumed: readonly Case[] = (
  [
    ["an agent", { ...OWNER, kind: "agent" }],
    ["a plugin", { ...OWNER, kind: "plugin" }],
    ["a workflow", { ...OWNER, kind: "workflow" }],
    ["a server", { ...OWNER, kind: "server" }],
    ["a member", { ...OWNER, role: "member" }],
    ["a viewer", { ...OWNER, role: "viewer" }],
  ] as const
).flatMap(([who, principal]) =>
  GRANTABLE.slice(0, 4).map((target) =>
    named({
      argument: `${target.tool} ${target.argument}`,
      encoding: `resumed by ${who}`,
      time: "it is in force",
      surface: "a stop",
      control: ["only an owner resumes"],
      attack: async (scene) => {
        give(scene, grantOf(target.tool, exactly(target.good)));
        await stop(scene);
        await scene.guard.resume(principal, "all");
        await attempt(scene, target.tool, target.good, "authority");
      },
    }),
  ),
);
const stoppedAnswers: readonly Case[] = (["once", "task", "conversation", "always"] as const).flatMap((scope) =>
  (["job.run", "share.add"] as const).map((tool) =>
    named({
      argument: tool,
      encoding: `a yes for ${scope}`,
      time: "the stop reached memory alone",
      surface: "a stop",
      control: [scope === "once" ? "permits die with a stop" : "nothing is answered while stopped"],
      attack: async (scene) => {
        const given = tool === "job.run" ? { command: "ls" } : { who: "zoé", permission: "read" };
        const call = callOf(tool, given, "untrusted");
        const approval = await scene.parked(call);
        scene.permits.halt();
        await scene.answer(approval, { scope });
        await scene.attempt(call);
      },
    }),
  ),
);
const stoppedGrants: readonly Case[] = ["job.run", "share.add", "order.place"].map((tool) =>
  named({
    argument: tool,
    encoding: "a wish of the owner, sent by a page",
    time: "it is in force, by another gateway",
    surface: "a stop",
    control: ["the store knows of the stop"],
    attack: async (scene) => {
      await stop(scene);
      scene.permits.release(scene.permits.halts());
      const wish = { constraints: [], release: [], rights: ["use"], expires: "never", reason: "x" } as const;
      await scene.guard.grant(OWNER, { ...wish, holder: AGENT, tool: grantOf(tool).tool });
    },
  }),
);

const unrecorded = forEachTool("the audit log", {
  "it refuses": [
    ["no record, no action"],
    (target) => async (scene) => {
      scene.audit.fault = "refuses";
      give(scene, grantOf(target.tool, exactly(target.good)));
      const call = callTo(target);
      await scene.attempt(call);
      return [wantedOf(call)];
    },
  ],
  "it throws": [
    ["no record, no action"],
    (target) => async (scene) => {
      scene.audit.fault = "throws";
      give(scene, grantOf(target.tool, exactly(target.good)));
      const call = callTo(target);
      await scene.attempt(call);
      return [wantedOf(call)];
    },
  ],
});

const policies = forEachTool("the operator's policy", {
  "it forbids beside a grant": [
    ["the policy is asked"],
    (target) => async (scene) => {
      scene.dials.policy = { version: "1", forbids: ({ manifest }) => (manifest.name === target.tool ? ["no"] : []) };
      give(scene, grantOf(target.tool, exactly(target.good)));
      await attempt(scene, target.tool, target.good, "authority");
    },
  ],
  "it fails beside a grant": [
    ["the policy is asked"],
    (target) => async (scene) => {
      scene.dials.policy = {
        version: "1",
        forbids: () => {
          throw new Error("the policy is broken");
        },
      };
      give(scene, grantOf(target.tool, exactly(target.good)));
      await attempt(scene, target.tool, target.good, "authority");
    },
  ],
  "it forbids beside a yes": [
    ["the policy is asked"],
    (target) => async (scene) => {
      const given = { to: "zoé", amount: 5 };
      const call = callOf("bank.pay", given, "untrusted");
      const approval = await scene.parked(call);
      await scene.answer(approval);
      const { version } = scene.dials.policy;
      // Same version, so that the digest does not drift: the policy alone stands in the way.
      scene.dials.policy = { version, forbids: () => [`no ${target.tool}`] };
      await scene.attempt(call);
    },
  ],
});
const budgets = forEachTool("the budget", {
  "it is used up for this task": [
    ["budgets are looked at"],
    (target) => async (scene) => {
      scene.dials.settings = { ...scene.dials.settings, callsPerTurn: 1 };
      give(scene, grantOf(target.tool, exactly(target.good)), grantOf("memory.search"));
      await attempt(scene, "memory.search", { query: "honest" }, "authority");
      await attempt(scene, target.tool, target.good, "authority");
      return [{ tool: "memory.search", arguments: { query: "honest" } }];
    },
  ],
  "it is used up for this hour": [
    ["budgets are looked at"],
    (target) => async (scene) => {
      scene.dials.settings = { ...scene.dials.settings, callsPerHour: 1 };
      give(scene, grantOf(target.tool, exactly(target.good)), grantOf("memory.search"));
      await attempt(scene, "memory.search", { query: "honest" }, "authority");
      await attempt(scene, target.tool, target.good, "authority");
      return [{ tool: "memory.search", arguments: { query: "honest" } }];
    },
  ],
  "it is no number": [
    ["budgets are looked at"],
    (target) => async (scene) => {
      scene.dials.settings = { ...scene.dials.settings, callsPerHour: Number.NaN };
      give(scene, grantOf(target.tool, exactly(target.good)));
      await attempt(scene, target.tool, target.good, "authority");
    },
  ],
});

export const ADMISSION_CASES: readonly Case[] = [
  ...permits,
  ...forged,
  ...admissions,
  ...verdicts,
  ...madeUp,
  ...copies,
  ...stops,
  ...resumed,
  ...stoppedAnswers,
  ...stoppedGrants,
  ...unrecorded,
  ...policies,
  ...budgets,
];
