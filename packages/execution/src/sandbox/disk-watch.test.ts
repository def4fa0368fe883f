import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { readDiskRoom, watchDisk } from "./disk-watch.ts";
import type { DiskRoom } from "./disk-watch.ts";

const GIBIBYTE = 1024 ** 3;
const MUCH: DiskRoom = { bytes: 100 * GIBIBYTE, files: 1_000_000 };

/** Looks through the rooms one after the other, the last again and again; how often it said that it is over. */
const watched = async (rooms: readonly (DiskRoom | null)[], limit: number): Promise<number> => {
  let [at, over] = [0, 0];
  const end = watchDisk(
    "/any",
    limit,
    () => (over += 1),
    1,
    async () => rooms[Math.min(at++, rooms.length - 1)] ?? null,
  );
  await new Promise((resolve) => void setTimeout(resolve, 40));
  end();
  return over;
};

describe("the watch over a disk", () => {
  it.each<[string, readonly (DiskRoom | null)[], number]>([
    ["nothing changes", [MUCH], 0],
    ["room is given back", [MUCH, { ...MUCH, bytes: 200 * GIBIBYTE }], 0],
    ["as much goes as may go", [MUCH, { ...MUCH, bytes: 99 * GIBIBYTE }], 0],
    ["more goes, and comes back", [MUCH, { ...MUCH, bytes: 99 * GIBIBYTE - 1 }, MUCH], 1],
    ["only files go", [MUCH, { ...MUCH, files: 700_000 }], 1],
    ["hardly anything is left from the beginning", [{ ...MUCH, bytes: 1_000 }], 1],
    ["hardly a file is left", [{ ...MUCH, files: 5 }], 1],
    ["the folder goes", [MUCH, null], 0],
  ])("says once that it is over, or nothing: where %s", async (_what, rooms, times) => {
    expect(await watched(rooms, GIBIBYTE)).toBe(times);
  });

  it("says nothing when it was ended", async () => {
    let over = 0;
    const end = watchDisk(
      "/any",
      1,
      () => (over += 1),
      1,
      async () => ({ bytes: 0, files: 0 }),
    );
    end();
    await new Promise((resolve) => void setTimeout(resolve, 20));
    expect(over).toBe(0);
  });

  it("reads this machine's, and nothing of a folder that is not there", async () => {
    expect((await readDiskRoom(tmpdir()))?.bytes).toBeGreaterThan(0);
    expect(await readDiskRoom("/nowhere/at/all")).toBeNull();
  });
});
