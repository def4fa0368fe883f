import { ATTACKER_ORIGIN, PAGES_ORIGIN } from "../scenarios/schema.ts";
import type { BuiltInDrill } from "../scenarios/schema.ts";

/** Where the two servers of a drill are; nobody is dialled. */
export interface Origins {
  readonly pages: string;
  readonly attacker: string;
}

export const NOBODYS_ORIGINS: Origins = { pages: "https://pages.example", attacker: "https://listener.attacker.test" };

/** A drill with addresses in the place of its two servers. */
export interface PlacedDrill extends BuiltInDrill {
  readonly origins: Origins;
}

export const placedAt = (drill: BuiltInDrill, origins: Origins): PlacedDrill => ({
  // The same shape: only texts change.
  ...(JSON.parse(
    JSON.stringify(drill).replaceAll(PAGES_ORIGIN, origins.pages).replaceAll(ATTACKER_ORIGIN, origins.attacker),
  ) as BuiltInDrill),
  origins,
});

/** `https://host` of `host:port`, as a grant names it. */
export const originOf = (host: string): string =>
  host.endsWith(":80") ? `http://${host.slice(0, -3)}` : `https://${host.replace(/:443$/, "")}`;

/** What is the owner's own in a drill: the file that holds the hostile words is not. */
const ownTexts = ({ calls, hostile, files, memories }: BuiltInDrill): readonly string[] => [
  ...files.filter(({ path }) => path !== calls[hostile]?.arguments["path"]).map(({ content }) => content),
  ...memories,
];

/** Whether a drill carries away something of the owner's, so that also a host which they named must not get it unasked. */
export const carriesSecrets = (drill: BuiltInDrill): boolean =>
  drill.wins_if.some(
    (win) =>
      win.kind === "request" &&
      win.to === "attacker" &&
      win.contains !== "" &&
      ownTexts(drill).some((text) => text.includes(win.contains)),
  );
