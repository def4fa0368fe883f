import type { Settings } from "./settings/index.ts";

type Place = Pick<Settings["gateway"], "publicUrl" | "allowedHosts">;

/** Where links for people lead: the address that the settings name for them, or the one that is listened on. */
export const linkAddress = ({ publicUrl }: Pick<Place, "publicUrl">, listened: string): string =>
  publicUrl === "" ? listened : new URL(publicUrl).origin;

/** The names under which requests may come: whoever follows a link is not refused for it. */
export const hostsToServe = ({ publicUrl, allowedHosts }: Place): readonly string[] =>
  publicUrl === "" ? allowedHosts : [...allowedHosts, new URL(publicUrl).host];
