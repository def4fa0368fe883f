import { describe, expect, it } from "vitest";
import { SYSTEM, at, fakeHouse, reminder, until } from "./operations/testing/fake-house.ts";
import { fireReminder, startReminderClock } from "./reminder-clock.ts";

describe("a reminder that is due", () => {
  it("fires once, into its conversation, recorded before and after", async () => {
    const world = fakeHouse({ reminders: [reminder(1, -1_000)] });
    const clock = startReminderClock(world.house, SYSTEM);
    await until(() => world.recorded.length === 2);
    clock.wake();
    clock.wake();
    await clock.close();
    expect(world.recorded.map(({ event }) => event)).toEqual(["reminder:intended", "reminder:fired"]);
    expect(world.messages).toMatchObject([
      {
        role: "notice",
        parts: [{ type: "reminder", text: "stretch", late: false, dueAt: at(-1_000) }],
        label: reminder(1, 0).label,
      },
    ]);
    expect([...world.reminders.values()]).toMatchObject([{ state: "fired", firedAt: at(0) }]);
    expect(world.events.map(({ name }) => name)).toEqual(["reminder:fired"]);
  });

  it("fires when its time comes, not before", async () => {
    const world = fakeHouse({ reminders: [reminder(1, 30)] });
    const clock = startReminderClock(world.house, SYSTEM);
    await new Promise((resolve) => setTimeout(resolve, 15));
    expect(world.messages).toEqual([]);
    world.advance(31);
    await until(() => world.messages.length === 1);
    await clock.close();
  });

  it("that came due while the program was off fires at the next start, and says that it is late", async () => {
    const world = fakeHouse({ reminders: [reminder(1, -60_001), reminder(2, -60_000), reminder(3, 3_600_000)] });
    const clock = startReminderClock(world.house, SYSTEM);
    await until(() => world.messages.length === 2);
    await clock.close();
    expect(world.messages.map(({ parts }) => parts[0])).toMatchObject([{ late: true }, { late: false }]);
  });

  it("does not fire again at the start after it fired", async () => {
    const world = fakeHouse({ reminders: [reminder(1, -1_000)] });
    for (let start = 0; start < 3; start += 1) {
      const clock = startReminderClock(world.house, SYSTEM);
      await until(() => world.messages.length > 0);
      await clock.close();
    }
    expect(world.messages).toHaveLength(1);
  });

  it("all fire, however many there are", async () => {
    const world = fakeHouse({ reminders: Array.from({ length: 120 }, (_, n) => reminder(n + 1, -n)) });
    const clock = startReminderClock(world.house, SYSTEM);
    await until(() => world.messages.length === 120);
    await clock.close();
  });

  it("fires once though two clocks reach for it", async () => {
    const world = fakeHouse({ reminders: [reminder(1, -1_000)] });
    await Promise.all([
      fireReminder(world.house, SYSTEM, reminder(1, -1_000)),
      fireReminder(world.house, SYSTEM, reminder(1, -1_000)),
    ]);
    expect(world.messages).toHaveLength(1);
  });
});

describe("a reminder that cannot be recorded", () => {
  it("does not fire, and is not tried again without a pause", async () => {
    const world = fakeHouse({ reminders: [reminder(1, -1_000)] });
    world.failAudit(true);
    const clock = startReminderClock(world.house, SYSTEM);
    await until(() => world.logged.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(world.logged).toEqual(["a reminder cannot be fired"]);
    expect(world.messages).toEqual([]);
    world.failAudit(false);
    clock.wake();
    await until(() => world.messages.length === 1);
    await clock.close();
  });

  it("unplug: if the intent were not asked for first, it would fire unrecorded", async () => {
    const world = fakeHouse({ reminders: [reminder(1, -1_000)] });
    const unrecorded = {
      ...world.house,
      audit: {
        ...world.house.audit,
        record: async () => ({
          ok: true as const,
          value: { sequence: 0, at: at(0), event: "", actor: "", fields: {}, commitments: {} },
        }),
      },
    };
    await fireReminder(unrecorded, SYSTEM, reminder(1, -1_000));
    expect(world.messages).toHaveLength(1);
    expect(world.recorded).toEqual([]);
  });
});

describe("a closed clock", () => {
  it("fires nothing more", async () => {
    const world = fakeHouse({ reminders: [reminder(1, 20)] });
    const clock = startReminderClock(world.house, SYSTEM);
    await clock.close();
    world.advance(100);
    clock.wake();
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(world.messages).toEqual([]);
  });
});
