import { spawnSync } from "node:child_process";
import { findBubblewrap } from "../check-wall.ts";

const look = (): string | null => {
  const bubblewrap = process.platform === "linux" ? findBubblewrap() : null;
  if (bubblewrap === null) return "no bubblewrap here; scripts/install-sandbox.sh installs it";
  const user = process.getuid?.() === 0 ? [] : ["--unshare-user"];
  const { status } = spawnSync(
    bubblewrap,
    [...user, "--unshare-pid", "--unshare-net", "--ro-bind", "/", "/", "/bin/true"],
    { stdio: "ignore", timeout: 10_000 },
  );
  return status === 0 ? null : "this machine lets nobody make namespaces; ./moltbot doctor says what to do";
};
let found: { readonly why: string | null } | null = null;

/** Why no program can be run behind the wall here, for tests that need one; null where one can. Asked of the kernel and not of the product. */
export const noWallHere = (): string | null => (found ??= { why: look() }).why;
