import { vi } from "vitest";
import { done, ok } from "@moltbot/contracts";
import type {
  Approval,
  Capability,
  CryptoPort,
  DecisionInput,
  ManifestFacts,
  ToolCall,
  Store,
} from "@moltbot/contracts";
import * as shippedAuthority from "../../../packages/core/src/guard/authority/index.ts";
import * as shippedRoom from "../../../packages/core/src/guard/index.ts";
import type * as Admission from "../../../packages/core/src/guard/load-decision.ts";
import type * as Answers from "../../../packages/core/src/guard/approvals.ts";
import type * as CapabilityMatch from "../../../packages/core/src/guard/capability-match.ts";
import type * as Canonical from "../../../packages/core/src/guard/canonical.ts";
import type * as Delegation from "../../../packages/core/src/guard/authority/delegate.ts";
import type * as Commitment from "../../../packages/core/src/guard/plan/commit-plan.ts";
import type * as Directory from "../../../packages/core/src/guard/directory.ts";
import type * as Values from "../../../packages/core/src/guard/value-labels.ts";
import type * as Decide from "../../../packages/core/src/guard/decide.ts";
import type * as NeverAllowed from "../../../packages/core/src/guard/never-allowed.ts";
import type * as EffectTable from "../../../packages/core/src/guard/effect-table.ts";
import type * as SendRequirements from "../../../packages/core/src/guard/send-requirements.ts";
import type * as PermitBooks from "../../../packages/core/src/guard/permit-book.ts";
import { buildHouse, OWNER } from "../../../packages/core/src/guard/testing/house.ts";
import type { House } from "../../../packages/core/src/guard/testing/house.ts";
import { nodeCrypto, START } from "../../../packages/core/src/guard/testing/ports.ts";
import { resolve, TOOLS } from "./tools.ts";

/** The guard's room as a test may load it, with the authority room beside it. */
export interface Room {
  readonly guard: Pick<typeof shippedRoom, "createGuard" | "createPermitBook">;
  readonly authority: Pick<typeof shippedAuthority, "delegate" | "issueToken" | "narrowToken" | "openToken">;
}
export const SHIPPED: Room = { guard: shippedRoom, authority: shippedAuthority };

/** The house of one attack. */
export type Scene = House & { readonly authority: Room["authority"]; readonly seal: CryptoPort };

/**
 * How one control is taken out: a file of the guard's room whose exports are replaced, or a port of the house that is made
 * gullible. Everything else stays as it ships.
 */
interface Plug {
  readonly file?: string;
  readonly double?: (original: object) => object;
  readonly weaken?: (scene: Scene) => void;
}

type Covers = typeof CapabilityMatch.covers;

/** The capability is taken for what the double says it is. */
const coveringAs =
  (change: (capability: Capability, input: DecisionInput) => Partial<Capability>) => (original: object) => {
    const { covers } = original as typeof CapabilityMatch; // the file named beside it
    const gullible: Covers = (capability, manifest, input) => {
      const taken = { ...capability, ...change(capability, input) };
      // A parent is looked up among the input's capabilities: each is taken the same way.
      const capabilities = input.capabilities.map((one) => ({ ...one, ...change(one, input) }));
      return covers(taken, manifest, { ...input, capabilities });
    };
    return { covers: gullible };
  };

/** A decision that sees the double's word in place of what is so. */
const decidingAs = (change: (input: DecisionInput) => Partial<DecisionInput>) => (original: object) => {
  const { decide } = original as typeof Decide; // the file named beside it
  return { decide: (input: DecisionInput) => decide({ ...input, ...change(input) }) };
};

const standingAs =
  (change: (input: DecisionInput) => DecisionInput["approvals"]) =>
  (original: object): object => {
    const { standingOf } = original as typeof Answers; // the file named beside it
    return { standingOf: (input: DecisionInput) => standingOf({ ...input, approvals: change(input) }) };
  };

const yes = () => true;
const no = () => false;
const nothing = () => null;

const rule = (file: string, name: string): Plug => ({
  file: `constraints/${file}.ts`,
  double: () => ({ [name]: yes }),
});
const held = (change: (capability: Capability, input: DecisionInput) => Partial<Capability>): Plug => ({
  file: "capability-match.ts",
  double: coveringAs(change),
});
const row = (
  change: (original: typeof EffectTable, facts: Parameters<typeof EffectTable.rowFor>[0]) => unknown,
): Plug => ({
  file: "effect-table.ts",
  double: (original) => ({
    rowFor: (facts: Parameters<typeof EffectTable.rowFor>[0]) => change(original as typeof EffectTable, facts), // the file named beside it
  }),
});
const words = (file: string, double: Readonly<Record<string, unknown>>): Plug => ({
  file: `stated/${file}.ts`,
  double: () => double,
});

const withoutCondition = ({ requirements }: ReturnType<typeof EffectTable.rowFor>) => ({ requirements });

/** What may never be is looked for in these resources instead. */
const neverIn =
  (resourcesOf: (input: DecisionInput) => DecisionInput["resources"]) =>
  (original: object): object => {
    const { neverAllowed } = original as typeof NeverAllowed; // the file named beside it
    return {
      neverAllowed: (input: DecisionInput, manifest: ManifestFacts) =>
        neverAllowed({ ...input, resources: resourcesOf(input) }, manifest),
    };
  };

/** Every control that a case names, and how it is unplugged. */
const PLUGS = {
  // What a grant says of the call.
  "values are compared exactly": { file: "canonical.ts", double: () => ({ sameValue: yes }) },
  "arguments fit the schema": { file: "check-arguments.ts", double: () => ({ argumentsProblem: nothing }) },
  "a call has one canonical form": {
    file: "canonical.ts",
    double: (original) => {
      const { canonicalText } = original as typeof Canonical; // the file named beside it
      return {
        canonicalText: (value: unknown) => canonicalText(value) ?? JSON.stringify(value),
        ownCopy: (call: ToolCall) => structuredClone(call),
      };
    },
  },
  "a pattern fits the whole value": rule("values", "matches"),
  "an amount stays below its limit": rule("values", "atMost"),
  "a host is one of those granted": rule("resources", "hostIn"),
  "a path lies in the folder": rule("resources", "pathWithin"),
  "every recipient is one of those granted": rule("resources", "recipientIn"),
  "every program is one of those granted": rule("resources", "programIn"),
  "the rate is counted": rule("usage", "rate"),
  "uses are counted": rule("usage", "count"),
  "costs are added up": rule("usage", "cost"),
  "bytes are added up": rule("usage", "bytes"),
  "the hour is looked at": rule("time-window", "timeWindow"),
  "what can be taken back is looked at": rule("reversible", "reversible"),
  "resources may be refused": {
    weaken: (scene) => {
      scene.tools.resolving = (call) => {
        const found = resolve(call);
        const anything = [
          { argument: "url", kind: "host", value: "example.org:443", readers: "public", refusal: null },
        ] as const;
        return found.ok ? ok(found.value.map((one) => ({ ...one, refusal: null }))) : ok(anything);
      };
    },
  },
  "every critical argument is bounded": { file: "capability-match.ts", double: () => ({ bounds: yes }) },
  "only the owner's limits endorse": {
    file: "capability-match.ts",
    double: () => ({ rootOf: (capability: Capability) => capability }),
  },
  "without a list every argument is critical": {
    file: "critical-arguments.ts",
    double: () => ({ criticalArguments: (manifest: ManifestFacts) => manifest.critical }),
  },

  // Whether the grant is in force, for this holder, here and now.
  "expiry is looked at": { file: "instant-order.ts", double: () => ({ isAhead: yes }) },
  "a clock from the future is doubted": { file: "instant-order.ts", double: () => ({ isCredible: yes }) },
  "revocation is looked at": held(() => ({ revokedAt: null })),
  "the epoch is looked at": held((_, { epoch }) => ({ epoch })),
  "the reach is looked at": held(() => ({ reach: { kind: "always" } })),
  "the right to use is looked at": held(({ rights }) => ({ rights: [...rights, "use", "delegate"] })),
  "permissions are looked at": held((_, { manifest }) => ({ permissions: manifest?.permissions ?? [] })),
  "the holder is looked at": {
    file: "capability-match.ts",
    double: (original) => {
      const { covers } = original as typeof CapabilityMatch; // the file named beside it
      const gullible: Covers = (capability, manifest, input) =>
        covers({ ...capability, holder: input.call.agentId }, manifest, input);
      return { covers: gullible };
    },
  },
  "the whole chain counts": {
    file: "capability-match.ts",
    double: (original) => {
      const { covers } = original as typeof CapabilityMatch; // the file named beside it
      const gullible: Covers = (capability, manifest, input) =>
        covers({ ...capability, parent: null, holder: input.call.agentId }, manifest, {
          ...input,
          call: { ...input.call, agentChain: [input.call.agentId] },
        });
      return { covers: gullible };
    },
  },
  "grants of other tools are left out": {
    file: "load-decision.ts",
    double: (original) => {
      const { loadDecision } = original as typeof Admission; // the file named beside it
      const gullible: typeof loadDecision = async (ports, repositories, scope, call, target, stated) => {
        const loaded = await loadDecision(ports, repositories, scope, call, target, stated);
        const all = await repositories.capabilities.ofHolders(scope, call.agentChain);
        return loaded.ok && all.ok ? ok({ ...loaded.value, capabilities: all.value }) : loaded;
      };
      return { loadDecision: gullible };
    },
  },
  "a grant is for one tool": held((_, { manifest }) => (manifest === undefined ? {} : { tool: manifest.name })),

  // What the table of effects asks for.
  "the context decides": row(({ rowFor }, facts) => rowFor(facts, "clean")),
  "words from outside are not written": {
    file: "send-requirements.ts",
    double: (original) => {
      const { writtenOnPlan, rememberedAsOwn } = original as typeof SendRequirements; // the file named beside it
      return {
        writtenOnPlan: { ...writtenOnPlan, satisfiedBy: yes },
        rememberedAsOwn: { ...rememberedAsOwn, satisfiedBy: yes },
      };
    },
  },
  "some effects are asked each time": row(({ rowFor }, facts) => withoutCondition(rowFor(facts))),
  "what runs later asks": { file: "runs-later.ts", double: () => ({ changesWhatRuns: no }) },
  "nothing runs without the wall": {
    file: "never-allowed.ts",
    double: neverIn(({ resources }) => resources.map((one) => ({ ...one, refusal: null }))),
  },
  "a call that starts nothing is refused": {
    file: "never-allowed.ts",
    double: neverIn(({ resources }) => [
      ...resources,
      { argument: "argv", kind: "executable", value: "sh", refusal: null },
    ]),
  },
  "sinks may read what was in view": { file: "readers.ts", double: () => ({ everySinkMayRead: yes }) },
  "a release names source and sink": { file: "readers.ts", double: () => ({ releases: yes }) },

  // What stands before the call: a plan, a directory, what can be followed in a text.
  "a call is compared with its plan": {
    file: "plan/planned.ts",
    double: () => ({ plannedStep: ({ call, plan }: DecisionInput) => plan?.plan.steps[(call.planned?.step ?? 0) - 1] }),
  },
  "a step is taken by one call": {
    weaken: (scene) => {
      const forgetful = (plans: Store["plans"]): Store["plans"] => ({
        ...plans,
        takenBy: () => Promise.resolve(ok(null)),
        take: () => Promise.resolve(done),
      });
      const atomically: Store["atomically"] = scene.store.atomically.bind(scene.store);
      const unseeing: Store["atomically"] = (work, durable) =>
        atomically((inner) => work({ ...inner, plans: forgetful(inner.plans) }), durable);
      Object.assign(scene.store, { plans: forgetful(scene.store.plans), atomically: unseeing });
    },
  },
  "a plan is made before anything untrusted": {
    file: "plan/commit-plan.ts",
    double: (original) => {
      const { commitPlan } = original as typeof Commitment; // the file named beside it
      const gullible: typeof commitPlan = (ports, scope, turn, wish, of) =>
        commitPlan(ports, scope, turn, wish, { ...of, integrity: "authority" });
      return { commitPlan: gullible };
    },
  },
  "a value keeps the label of its source": {
    file: "value-labels.ts",
    double: (original) => {
      const { valueLabels } = original as typeof Values; // the file named beside it
      const gullible: typeof valueLabels = (input, step) => {
        const { own, of } = valueLabels(input, step);
        return { own, of: (name) => ({ ...of(name), ...(own ? { integrity: "authority" } : {}) }) };
      };
      return { valueLabels: gullible };
    },
  },
  "only a call that is no step brings its own labels": {
    file: "value-labels.ts",
    double: (original) => {
      const { valueLabels } = original as typeof Values; // the file named beside it
      const gullible: typeof valueLabels = (input, step) => {
        const { planned: _, ...call } = input.call;
        return valueLabels({ ...input, call }, step);
      };
      return { valueLabels: gullible };
    },
  },
  "what is not in the plan asks": { file: "decide.ts", double: decidingAs(() => ({ turnIsPlanned: false })) },
  "a release needs both ends named": { file: "plan/named-by-owner.ts", double: () => ({ isNamedByOwner: yes }) },
  "a contact must be named": {
    file: "directory.ts",
    double: (original) => {
      const { isNamedContact } = original as typeof Directory; // the file named beside it
      const gullible: typeof isNamedContact = (value, directory) => isNamedContact(value, directory, yes);
      return { isNamedContact: gullible };
    },
  },
  "what can be followed is looked for": {
    file: "content/active-content.ts",
    double: () => ({ activeIn: () => new Set<string>() }),
  },

  // The owner's own words.
  "words are read exactly": words("index", { isStated: yes }),
  "what is quoted is not the owner's": words("own-words", { ownWords: (text: string) => text }),
  "a quotation is not the owner's": {
    file: "stated/token.ts",
    double: () => ({ isInQuotation: no }),
  },
  "a denial endorses nothing": words("words", { isDenied: no }),
  "a tale endorses nothing": words("words", { isTale: no }),
  "only an order endorses": words("order", { isOrder: yes }),

  // Answers.
  "a yes is bound to the digest": {
    file: "approvals.ts",
    double: standingAs(({ approvals, digest }) => approvals.map((approval) => ({ ...approval, digest }))),
  },
  "a yes belongs to one call": {
    file: "load-decision.ts",
    double: (original) => {
      const { loadDecision } = original as typeof Admission; // the file named beside it
      const gullible: typeof loadDecision = async (ports, repositories, scope, call, target, stated) => {
        const loaded = await loadDecision(ports, repositories, scope, call, target, stated);
        const all = await repositories.approvals.list(scope, "all", 500);
        if (!loaded.ok || !all.ok) return loaded;
        const { id: callId, turnId, conversationId, agentId } = call;
        const { digest } = loaded.value;
        const ours = (approval: Approval) => ({ ...approval, callId, turnId, conversationId, agentId, digest });
        return ok({ ...loaded.value, approvals: all.value.map(ours) });
      };
      return { loadDecision: gullible };
    },
  },
  "a no outweighs all else": {
    file: "approvals.ts",
    double: standingAs(({ approvals }) => approvals.filter(({ state }) => state !== "denied")),
  },
  "a stop outweighs all else": {
    file: "approvals.ts",
    double: standingAs(({ approvals }) => approvals.filter(({ state }) => state !== "cancelled")),
  },
  "silence is a no": {
    file: "approvals.ts",
    double: standingAs(({ approvals }) => approvals.filter(({ answeredBy }) => answeredBy !== null)),
  },
  "a person gave the answer": {
    file: "approvals.ts",
    double: standingAs(({ approvals }) =>
      approvals.map((approval) => ({ ...approval, answeredBy: OWNER.id, answeredAt: START })),
    ),
  },
  "only who the turn runs for answers": {
    file: "answers/rights.ts",
    double: () => ({
      questionOf: (
        ports: Parameters<typeof import("../../../packages/core/src/guard/answers/rights.ts").questionOf>[0],
        scope: Parameters<typeof ports.store.approvals.find>[0],
        _by: unknown,
        id: Parameters<typeof ports.store.approvals.find>[1],
      ) => ports.store.approvals.find(scope, id),
    }),
  },
  "nothing is answered while stopped": {
    file: "halt/not-stopped.ts",
    double: () => ({ isNotStopped: () => Promise.resolve(done) }),
  },
  "a fresh proof is asked for": { file: "answers/step-up.ts", double: () => ({ stepUp: () => Promise.resolve(done) }) },
  "limits fit the call on the card": { file: "answers/constraints.ts", double: () => ({ limitsProblem: nothing }) },
  "a yes is consumed": {
    weaken: (scene) => {
      const atomically: typeof scene.store.atomically = scene.store.atomically.bind(scene.store);
      scene.store.atomically = (work) =>
        atomically((repositories) =>
          work({
            ...repositories,
            approvals: {
              ...repositories.approvals,
              move: (scope, id, from, to, change) =>
                to === "consumed"
                  ? repositories.approvals.find(scope, id)
                  : repositories.approvals.move(scope, id, from, to, change),
            },
          }),
        );
    },
  },

  // Admission, permits, the record.
  "the decision is taken again at admission": {
    file: "decide.ts",
    double: (original) => {
      const { decide } = original as typeof Decide; // the file named beside it
      const allowed = new Map<string, ReturnType<typeof decide>>();
      return {
        decide: (input: DecisionInput) => {
          const verdict = allowed.get(input.call.id) ?? decide(input);
          if (verdict.kind === "allow") allowed.set(input.call.id, verdict);
          return verdict;
        },
      };
    },
  },
  "the policy is asked": {
    file: "decide.ts",
    double: decidingAs(({ policy }) => ({ policy: { ...policy, forbidden: [] } })),
  },
  "budgets are looked at": { file: "decide.ts", double: decidingAs(() => ({ budgets: [] })) },
  "a stop is looked at": { file: "decide.ts", double: decidingAs(() => ({ stopped: false })) },
  "a permit is an object, for one call, once, while fresh": {
    file: "permit-book.ts",
    double: (original) => {
      const { createPermitBook } = original as typeof PermitBooks; // the file named beside it
      return {
        createPermitBook: (ports: Parameters<typeof createPermitBook>[0]) => ({
          ...createPermitBook(ports),
          redeem: () => ok({ bounds: [], resources: [] }),
        }),
      };
    },
  },
  "permits die with a stop": {
    file: "permit-book.ts",
    double: (original) => {
      const { createPermitBook } = original as typeof PermitBooks; // the file named beside it
      return {
        createPermitBook: (ports: Parameters<typeof createPermitBook>[0]) => ({
          ...createPermitBook(ports),
          halt: () => undefined,
          halted: no,
          raiseEpoch: () => undefined,
        }),
      };
    },
  },
  "a call runs at most once": {
    weaken: (scene) => {
      const atomically: typeof scene.store.atomically = scene.store.atomically.bind(scene.store);
      scene.store.atomically = (work) =>
        atomically((repositories) =>
          work({ ...repositories, calls: { ...repositories.calls, find: () => Promise.resolve(ok(null)) } }),
        );
    },
  },
  "the guard judges its own copy": { file: "canonical.ts", double: () => ({ ownCopy: (call: unknown) => call }) },
  "no record, no action": {
    weaken: (scene) => {
      const pretended = (event: Parameters<Scene["audit"]["record"]>[0]) =>
        ok({ sequence: 0, at: START, event: event.event, actor: event.actor, fields: event.fields, commitments: {} });
      scene.audit.record = (event) => Promise.resolve(pretended(event));
    },
  },
  "only a member in person grants": {
    file: "grant.ts",
    double: (original) => {
      const { grant } = original as typeof import("../../../packages/core/src/guard/grant.ts"); // the file named beside it
      const gullible: typeof grant = (ports, _by, wish) => grant(ports, OWNER, wish);
      return { grant: gullible };
    },
  },
  "the store knows of the stop": {
    weaken: (scene) => {
      const blind = (stops: Store["stops"]): Store["stops"] => ({ ...stops, current: () => Promise.resolve(ok(null)) });
      const atomically: Store["atomically"] = scene.store.atomically.bind(scene.store);
      const unseeing: Store["atomically"] = (work, durable) =>
        atomically((inner) => work({ ...inner, stops: blind(inner.stops) }), durable);
      Object.assign(scene.store, { stops: blind(scene.store.stops), atomically: unseeing });
    },
  },
  "only an owner resumes": { file: "halt/owner-in-person.ts", double: () => ({ isOwnerInPerson: () => done }) },

  // What is handed on.
  "handing on never widens": {
    file: "authority/delegate.ts",
    double: () => {
      const gullible: typeof Delegation.delegate = (parent, wish, { id }) =>
        ok({ ...parent, ...wish, id, parent: parent.id });
      return { delegate: gullible };
    },
  },
  "a token's signature is checked": { weaken: (scene) => void Object.assign(scene.seal, { equal: yes }) },
  "what a token rests on is in force": { file: "authority/in-force.ts", double: () => ({ faultOf: nothing }) },
} as const satisfies Readonly<Record<string, Plug>>;

export type Control = keyof typeof PLUGS;

/** A house with the grammar's tools in it. */
export const buildScene = (room: Room = SHIPPED, out: readonly Control[] = []): Scene => {
  const scene: Scene = { ...buildHouse(room.guard), authority: room.authority, seal: { ...nodeCrypto } };
  scene.tools.manifests = TOOLS;
  scene.tools.resolving = resolve;
  for (const control of out) {
    const plug: Plug = PLUGS[control];
    plug.weaken?.(scene);
  }
  return scene;
};

const GUARD = "../../../packages/core/src/guard/";

/** The guard's room with the files of these controls replaced, freshly loaded. */
export const roomWithout = async (out: readonly Control[]): Promise<Room> => {
  const byFile = Map.groupBy(
    out.map((control): Plug => PLUGS[control]).filter(({ file }) => file !== undefined),
    ({ file }) => file ?? "",
  );
  vi.resetModules();
  for (const [file, plugs] of byFile) {
    vi.doMock(GUARD + file, async (importOriginal) => {
      const original = await importOriginal<object>();
      return plugs.reduce((left, { double }) => ({ ...left, ...double?.(left) }), { ...original });
    });
  }
  try {
    const guard = await import("../../../packages/core/src/guard/index.ts");
    const authority = await import("../../../packages/core/src/guard/authority/index.ts");
    return { guard, authority };
  } finally {
    for (const file of byFile.keys()) vi.doUnmock(GUARD + file);
    vi.resetModules();
  }
};
