import { vi } from "vitest";
import { label, ok } from "@moltbot/contracts";
import type { Capability, Label, MessagePart } from "@moltbot/contracts";
import type * as Attack from "../../support/attack-house.ts";
import type * as CapabilityMatch from "../../../packages/core/src/guard/capability-match.ts";
import type * as ContentLabel from "../../../packages/execution/src/tools/workspace/content-label.ts";
import type * as EffectTable from "../../../packages/core/src/guard/effect-table.ts";
import type * as SendRequirements from "../../../packages/core/src/guard/send-requirements.ts";
import type * as MessageParts from "../../../packages/core/src/conversation/message-parts.ts";
import type * as Views from "../../../packages/core/src/conversation/view.ts";
import type * as Capabilities from "../../../packages/storage/src/database/capabilities.ts";
import type { Tool } from "../../../packages/execution/src/tools/tool.ts";

/** Exports of one file, replaced. */
interface Swap {
  readonly file: string;
  readonly double: (original: object) => object;
}
type LabelPlug = readonly Swap[];

const trusted = ({ readers, sources }: Label): Label => label("authority", readers, sources);

/** The tool believes that the call came from a clean context. */
const believing =
  (name: string) =>
  (original: object): object => {
    const tool = Reflect.get(original, name) as Tool; // the file named beside it exports that tool
    const run: Tool["run"] = (at) => tool.run({ ...at, call: { ...at.call, label: trusted(at.call.label) } });
    return { [name]: { ...tool, run } };
  };

/** Words from outside are written without a question. */
const WRITTEN_UNASKED: Swap = {
  file: "core/src/guard/send-requirements.ts",
  double: (original) => {
    const { writtenOnPlan, rememberedAsOwn } = original as typeof SendRequirements; // the file named beside it
    return {
      writtenOnPlan: { ...writtenOnPlan, satisfiedBy: () => true },
      rememberedAsOwn: { ...rememberedAsOwn, satisfiedBy: () => true },
    };
  },
};

/** Every control of the labels' way through the house, and how it is unplugged in a whole gateway. */
const LABEL_PLUGS = {
  "a file from elsewhere is untrusted": [
    {
      file: "execution/src/tools/workspace/content-label.ts",
      double: (original) => {
        const { contentLabel } = original as typeof ContentLabel; // the file named beside it
        return {
          contentLabel: async (...given: Parameters<typeof contentLabel>) => trusted(await contentLabel(...given)),
        };
      },
    },
  ],
  "what is quoted is untrusted": [
    {
      file: "core/src/conversation/message-parts.ts",
      double: (original) => {
        const { messageParts } = original as typeof MessageParts; // the file named beside it
        const gullible = (...given: Parameters<typeof messageParts>): readonly MessagePart[] =>
          messageParts(...given).map((part) =>
            part.type === "quote" ? { ...part, label: trusted(part.label) } : part,
          );
        return { messageParts: gullible };
      },
    },
  ],
  "a view joins the labels of all it holds": [
    {
      file: "core/src/conversation/view.ts",
      double: (original) => {
        const { viewOf } = original as typeof Views; // the file named beside it
        const gullible: typeof viewOf = (conversation, path, began) => {
          const view = viewOf(conversation, path, began);
          return { ...view, label: trusted(view.label) };
        };
        return { viewOf: gullible };
      },
    },
  ],
  "a memory keeps its label": [
    {
      file: "execution/src/tools/memory-save/run.ts",
      double: believing("memorySave"),
    },
  ],
  "a written file keeps its label": [
    {
      file: "execution/src/tools/file-append/run.ts",
      double: believing("fileAppend"),
    },
  ],
  "a reminder keeps its label": [
    {
      file: "execution/src/tools/reminder-create/run.ts",
      double: believing("reminderCreate"),
    },
  ],
  "what leaves may be known where it goes": [
    {
      file: "core/src/guard/readers.ts",
      double: () => ({ everySinkMayRead: () => true }),
    },
  ],
  "only the owner's own words state a value": [
    {
      file: "core/src/guard/stated/index.ts",
      double: () => ({ isStated: () => true }),
    },
  ],
  "what cannot be undone is asked each time": [
    WRITTEN_UNASKED,
    {
      file: "core/src/guard/effect-table.ts",
      double: (original) => {
        const { rowFor } = original as typeof EffectTable; // the file named beside it
        return {
          rowFor: (...given: Parameters<typeof rowFor>) => ({ requirements: rowFor(...given).requirements }),
        };
      },
    },
  ],
  "a grant holds for its exact values": [
    {
      file: "core/src/guard/constraints/values.ts",
      double: () => ({ equals: () => true }),
    },
  ],
  "a revoked grant is gone, for the guard and in the database": [
    WRITTEN_UNASKED,
    {
      file: "core/src/guard/capability-match.ts",
      double: (original) => {
        const { covers } = original as typeof CapabilityMatch; // the file named beside it
        const gullible: typeof covers = (capability: Capability, manifest, input) =>
          covers({ ...capability, revokedAt: null }, manifest, input);
        return { covers: gullible };
      },
    },
    {
      // The database leaves it out too.
      file: "storage/src/database/capabilities.ts",
      double: (original) => {
        const { capabilityRepository } = original as typeof Capabilities; // the file named beside it
        const gullible: typeof capabilityRepository = (connection, sealer) => {
          const shipped = capabilityRepository(connection, sealer);
          return (gate) => {
            const repository = shipped(gate);
            const ofHolders: typeof repository.ofHolders = async (scope, holders) => {
              const all = await repository.list(scope);
              return all.ok ? ok(all.value.filter(({ holder }) => holders.includes(holder))) : all;
            };
            return { ...repository, ofHolders };
          };
        };
        return { capabilityRepository: gullible };
      },
    },
  ],
} as const satisfies Readonly<Record<string, LabelPlug>>;

export type LabelControl = keyof typeof LABEL_PLUGS;

const PACKAGES = "../../../packages/";
const ADDRESSES = `${PACKAGES}execution/src/egress/classify-address.ts`;

/**
 * A whole gateway, freshly loaded, with one file replaced or none. In all of them the attacker's host stands on this machine:
 * its one address passes for a public one, so that what is dialled really arrives and can be counted.
 */
export const gatewayWithout = async (out: LabelControl | null): Promise<Attack.AttackHouse> => {
  const plug: LabelPlug = out === null ? [] : LABEL_PLUGS[out];
  vi.resetModules();
  vi.doMock(ADDRESSES, async (importOriginal) => {
    const original = await importOriginal<{ readonly classifyAddress: (text: string) => string }>();
    return {
      ...original,
      classifyAddress: (text: string) => (text === "127.0.0.1" ? "public" : original.classifyAddress(text)),
    };
  });
  for (const { file, double } of plug) {
    vi.doMock(PACKAGES + file, async (importOriginal) => {
      const original = await importOriginal<object>();
      return { ...original, ...double(original) };
    });
  }
  try {
    const { startAttackHouse } = await import("../../support/attack-house.ts");
    return await startAttackHouse();
  } finally {
    for (const { file } of plug) vi.doUnmock(PACKAGES + file);
    vi.doUnmock(ADDRESSES);
    vi.resetModules();
  }
};
