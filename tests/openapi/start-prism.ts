import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PRISM = fileURLToPath(new URL("proxy/node_modules/@stoplight/prism-cli/dist/index.js", import.meta.url));

/** Why the proxy cannot be started here; null when it can. */
export const prismMissing = (): string | null =>
  existsSync(PRISM) ? null : "prism is not installed: run scripts/install-api-proxy.sh";

export interface Prism {
  readonly url: string;
  close(): Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });

/** Starts `prism proxy` on the document in front of a gateway; `options` as its command line has them. */
export const startPrism = async (document: string, upstream: string, options: readonly string[]): Promise<Prism> => {
  const place = mkdtempSync(join(tmpdir(), "moltbot-prism-"));
  const file = join(place, "openapi.json");
  writeFileSync(file, document);
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [PRISM, "proxy", file, upstream, "--port", String(port), "--host", "127.0.0.1", "--cors", "false", ...options],
    {
      cwd: place,
      env: { PATH: process.env["PATH"] ?? "", HOME: place, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let [text, ended] = ["", false];
  const hear = (piece: Buffer): void => {
    text = `${text}${piece.toString()}`.slice(-4_000);
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  void exited.then(() => (ended = true));
  for (let tries = 0; !(await answers(port)); tries += 1) {
    if (ended || tries > 200) {
      child.kill("SIGKILL");
      throw new Error(`prism did not start: ${text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    url: `http://127.0.0.1:${String(port)}`,
    close: async () => {
      child.kill("SIGTERM");
      await exited;
      rmSync(place, { recursive: true, force: true });
    },
  };
};
