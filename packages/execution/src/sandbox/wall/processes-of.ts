import { readFile, readdir } from "node:fs/promises";
import { residentBytes } from "../memory-watch.ts";

const childrenOf = async (pid: number): Promise<readonly number[]> => {
  const threads = await readdir(`/proc/${String(pid)}/task`).catch(() => []);
  const texts = await Promise.all(
    threads.map((thread) => readFile(`/proc/${String(pid)}/task/${thread}/children`, "utf8").catch(() => "")),
  );
  return texts.flatMap((text) => text.split(" ").filter((word) => word !== "")).map(Number);
};

/** Resident bytes of a process and of all that it and its children started; null where it is gone. What is shared counts each time. */
export const residentBytesOfAll = async (pid: number): Promise<number | null> => {
  const status = await readFile(`/proc/${String(pid)}/status`, "utf8").catch(() => null);
  if (status === null) return null;
  const below = await Promise.all((await childrenOf(pid)).map(residentBytesOfAll));
  return below.reduce<number>((sum, bytes) => sum + (bytes ?? 0), residentBytes(status) ?? 0);
};
