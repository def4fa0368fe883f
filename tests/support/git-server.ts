import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { TEST_TLS } from "../../packages/ingress/src/http/testing/for-tests-only.ts";

/** A server of repositories over TLS, as plain files: git reads them by its older protocol. */
export interface GitServer {
  readonly port: number;
  /** The address of its one repository. */
  readonly url: string;
  /** The certificate that clients have to trust. */
  readonly certificate: string;
  /** Every path that somebody asked for. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

const git = (cwd: string, ...args: readonly string[]): void => {
  const who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"];
  execFileSync("git", [...who, ...args], { cwd, stdio: "ignore" });
};

/** Serves one repository with these files, called `name`; at this machine's own address and a free port unless a place is given. */
export const startGitServer = async (
  name: string,
  files: Readonly<Record<string, string>>,
  place: { readonly host: string; readonly address: string; readonly port: number } = {
    host: "127.0.0.1",
    address: "127.0.0.1",
    port: 0,
  },
): Promise<GitServer> => {
  const root = mkdtempSync(join(tmpdir(), "moltbot-git-"));
  const work = join(root, "work");
  mkdirSync(work);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), text);
  }
  git(work, "init");
  git(work, "add", "-A");
  git(work, "commit", "-m", "As it begins");
  git(root, "clone", "--bare", work, join(root, "served", `${name}.git`));
  git(join(root, "served", `${name}.git`), "update-server-info");

  const asked: string[] = [];
  const server = createServer({ cert: TEST_TLS.certificate, key: TEST_TLS.key }, (request, response) => {
    const path = normalize(decodeURIComponent((request.url ?? "/").split("?")[0] ?? "/"));
    asked.push(path);
    const file = join(root, "served", path);
    if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": "application/octet-stream" }).end(readFileSync(file));
  });
  await new Promise<void>((resolve) => void server.listen(place.port, place.address, resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    port,
    url: `https://${place.host}${port === 443 ? "" : `:${String(port)}`}/${name}.git`,
    certificate: TEST_TLS.certificate,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
      rmSync(root, { recursive: true, force: true });
    },
  };
};
