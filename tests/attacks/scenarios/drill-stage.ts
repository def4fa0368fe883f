import { createClient } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import {
  NOBODYS_ORIGINS,
  createStage,
  must,
  placedAt,
  playDrill,
} from "../../../packages/gateway/src/drill/built-in/index.ts";
import type { DrillOwner, Played } from "../../../packages/gateway/src/drill/built-in/index.ts";
import { openDrillHouse } from "../../../packages/gateway/src/drill/index.ts";
import type { BuiltInDrill } from "../../../packages/gateway/src/drill/scenarios/schema.ts";

/** A house as it comes, in which drills are played one after the other, each with an agent of its own. */
export interface DrillStage {
  play(drill: BuiltInDrill, owner: DrillOwner): Promise<Played & { readonly hijacked: boolean }>;
  close(): Promise<void>;
}

export const openDrillStage = async (): Promise<DrillStage> => {
  const stage = createStage();
  const house = must(
    await openDrillHouse({
      tools: [],
      models: { obeying: stage.model },
      connect: ({ socket }) => createClient({ transport: nodeTransport({ socketPath: socket }) }),
      egress: stage.egress,
    }),
  );
  return {
    play: async (drill, owner) => {
      const agent = must(await house.addAgent({ name: `${owner} ${drill.id}` }));
      const played = await playDrill(house, stage, agent, placedAt(drill, NOBODYS_ORIGINS), owner);
      return { ...played, hijacked: stage.hijacked };
    },
    close: () => house.close(),
  };
};
