import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProject } from "./home.ts";
import type { Home } from "./home.ts";
import type { VaultDesk } from "./vault-desk.ts";

/** What an opening house is told by whoever locks it again. */
export interface Doorway {
  /** The port it had before it was locked; null at the first opening, when the settings say. */
  readonly port: number | null;
  readonly vault: VaultDesk;
  /** Somebody who is known asks for something, or has just been answered. */
  touch(): void;
}

/** The built web app, or null when it was not built. */
export const webFolder = (): string | null => {
  const web = join(findProject(import.meta.url), "dist", "web");
  return existsSync(join(web, "index.html")) ? web : null;
};

/** Writes where the command line finds this gateway; no secret. Returns how to take it away. */
export const noteAddress = (home: Home, url: string): (() => void) => {
  const note = join(home.run, "gateway.json");
  writeFileSync(note, JSON.stringify({ pid: process.pid, url, socket: home.socket }), { mode: 0o600 });
  return () => rmSync(note, { force: true });
};
