import { afterEach } from "vitest";
import { ALL_CONTROLS, createEgressWith } from "../create-egress.ts";
import type { EgressControls, EgressOptions, WayOut } from "../create-egress.ts";
import type { Egress, EgressAuthority, EgressRequest } from "../egress.ts";
import type { Lookup } from "../resolve-host.ts";
import { keptLog, lenderOf, PUBLIC_ADDRESS, startWorld } from "./world.ts";
import type { World } from "./world.ts";

/** The text that may stand on the wire and nowhere else. */
export const SECRET = "sk-canary-7f3a91";
export const signal = new AbortController().signal;
/** What is closed after each test, newest first. */
export const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing.close();
});
export const toPublic: Lookup = async () => [PUBLIC_ADDRESS];
export const tool = (...hosts: string[]): Extract<EgressAuthority, { kind: "tool" }> => ({
  kind: "tool",
  hosts,
  granted: [],
});
export const get = (url: string, more: Partial<EgressRequest> = {}): EgressRequest => ({ method: "GET", url, ...more });

export type Answer = Parameters<typeof startWorld>[0];
export const setUp = async (
  answer: Answer,
  parts: {
    isCanary?: (word: string) => boolean;
    lookup?: Lookup;
    controls?: Partial<EgressControls>;
    log?: ReturnType<typeof keptLog>;
    options?: Partial<EgressOptions>;
  } = {},
): Promise<{ world: World; egress: WayOut; secrets: ReturnType<typeof lenderOf> }> => {
  const world = await startWorld(answer);
  const secrets = lenderOf("weather", SECRET, "example.org:80");
  const egress = createEgressWith(
    {
      secrets,
      isCanary: parts.isCanary ?? (() => false),
      lookup: parts.lookup ?? toPublic,
      log: parts.log ?? keptLog(),
      ...parts.options,
    },
    { ...ALL_CONTROLS, dial: world.dial, ...parts.controls },
  );
  open.push(world, egress);
  return { world, egress, secrets };
};
export const redirectTo =
  (location: string, status = 302): Answer =>
  (request, response) => {
    if (request.url === "/start") response.writeHead(status, { location }).end();
    else response.end("arrived");
  };
export const codeOf = (result: Awaited<ReturnType<Egress["send"]>>): string =>
  result.ok ? `status ${result.value.status}` : result.error.code;
