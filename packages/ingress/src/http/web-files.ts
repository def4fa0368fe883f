import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { gzipSync } from "node:zlib";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".svg": "image/svg+xml; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
};

/** One file as it is sent. */
export interface WebFile {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}
/** A file by the exact path of its address, or undefined. */
export type WebFiles = (path: string, acceptEncoding: string | undefined) => WebFile | undefined;

const NOT_BUILT =
  "Moltbot runs, but its web app is not built. Build it with `npm run build`, then start again. The terminal works now: ./moltbot chat\n";

/** Names that the build made from the content: what they hold never changes. */
const hashed = (address: string): boolean => address.startsWith("/assets/");

const entry = (address: string, body: Buffer): ((acceptEncoding: string | undefined) => WebFile) => {
  const type = TYPES[extname(address)] ?? "application/octet-stream";
  const text = /^(text|image\/svg|application\/(json|manifest|wasm))/.test(type) && body.length > 1024;
  const headers = {
    "Content-Type": type,
    "Cache-Control": hashed(address) ? "public, max-age=31536000, immutable" : "no-cache",
    ...(text ? { Vary: "Accept-Encoding" } : {}),
  };
  let zipped: WebFile | undefined;
  return (acceptEncoding) => {
    if (!text || !/\bgzip\b/.test(acceptEncoding ?? "")) return { headers, body };
    return (zipped ??= { headers: { ...headers, "Content-Encoding": "gzip" }, body: gzipSync(body, { level: 9 }) });
  };
};

/**
 * Reads the built web app into memory once. Only addresses of files that were regular files then are answered, so no path, encoded
 * or not, leads anywhere else. Without a folder, "/" says how to build.
 */
export const loadWebFiles = async (directory: string | null): Promise<WebFiles> => {
  const files = new Map<string, (acceptEncoding: string | undefined) => WebFile>();
  if (directory !== null) {
    const found = await readdir(directory, { recursive: true, withFileTypes: true });
    for (const item of found.filter((candidate) => candidate.isFile())) {
      const path = join(item.parentPath, item.name);
      const address = `/${relative(directory, path).split(sep).join("/")}`;
      files.set(address, entry(address, await readFile(path)));
    }
  }
  const index = files.get("/index.html") ?? entry("/index.txt", Buffer.from(NOT_BUILT));
  files.set("/", index);
  files.set("/signin", index);
  return (path, acceptEncoding) => files.get(path)?.(acceptEncoding);
};
