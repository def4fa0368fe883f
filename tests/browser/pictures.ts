import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { PROJECT } from "../support/gateway-process.ts";

export interface Pictures {
  /** Pixels of a picture per pixel of the page. */
  readonly scale: 1 | 2;
  /** Takes a picture of what the page shows now, where it is wished for. */
  readonly take: (page: Page, name: string) => Promise<void>;
}

/**
 * With MOLTBOT_SCREENSHOTS=1 the pictures of the docs, which are named here, are taken on the way; with =all every screen, into a
 * passing folder.
 */
export const picturesOf = (inDocs: readonly string[]): Pictures => {
  const wish = process.env["MOLTBOT_SCREENSHOTS"];
  const folder =
    wish === "1" ? join(PROJECT, "docs", "images") : wish === "all" ? join(tmpdir(), "moltbot-pictures") : null;
  return {
    scale: folder === null ? 1 : 2,
    async take(page, name) {
      if (folder === null || (wish === "1" && !inDocs.includes(name))) return;
      mkdirSync(folder, { recursive: true });
      await page.mouse.move(0, 0);
      await page.screenshot({ path: join(folder, `${name}.png`) });
    },
  };
};
