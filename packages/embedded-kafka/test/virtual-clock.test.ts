import { sleep } from '@millrace/core/kafka';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../src/virtual-clock.ts';

describe('VirtualClock', () => {
  it('fires timers by due time, those of the same time in the order in which they were set', async () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    for (const [name, delayMs] of [
      ['c', 30],
      ['a', 10],
      ['b1', 20],
      ['b2', 20],
      ['never', 101],
    ] as const) {
      clock.setTimer(() => fired.push(`${name}@${clock.monotonic()}`), delayMs);
    }
    await clock.advance(100);
    expect(fired).toEqual(['a@10', 'b1@20', 'b2@20', 'c@30']);
    expect(clock.monotonic()).toBe(100);
    expect(clock.pendingTimers).toBe(1);
    expect(clock.nextDueMs).toBe(101);
  });

  it('settles what a timer set off before the next one fires, and fires timers set meanwhile', async () => {
    const clock = new VirtualClock({ startMs: 0 });
    const history: string[] = [];
    clock.setTimer(() => {
      void (async () => {
        await Promise.resolve();
        history.push(`first ${clock.now()}`);
        await sleep(clock, 5);
        history.push(`nested ${clock.now()}`);
      })();
    }, 10);
    clock.setTimer(() => history.push(`second ${clock.now()}`), 10);
    await clock.advance(20);
    expect(history).toEqual(['first 10', 'second 10', 'nested 15']);
  });

  it('does not fire what was cancelled, also among many', async () => {
    const clock = new VirtualClock();
    let fired = 0;
    const timers = Array.from({ length: 500 }, (_, i) => clock.setTimer(() => fired++, i));
    for (const [i, timer] of timers.entries()) if (i % 5 !== 0) timer.cancel();
    timers[1]?.cancel();
    expect(clock.pendingTimers).toBe(100);
    await clock.advance(1000);
    expect(fired).toBe(100);
    timers[0]?.cancel();
    expect(clock.pendingTimers).toBe(0);
  });

  it('runs until a promise settles and no further', async () => {
    const clock = new VirtualClock({ startMs: 0 });
    clock.setTimer(() => {}, 10_000);
    await expect(clock.run(sleep(clock, 700).then(() => 'done'))).resolves.toBe('done');
    expect(clock.now()).toBe(700);
    await expect(clock.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('says so when nothing can settle the promise', async () => {
    const clock = new VirtualClock();
    await expect(clock.run(new Promise(() => {}))).rejects.toMatchObject({ code: 'MR_VIRTUAL_CLOCK_DEADLOCK' });
    const forever = (): void => void clock.setTimer(forever, 10);
    forever();
    await expect(clock.run(new Promise(() => {}), { limitMs: 100 })).rejects.toMatchObject({ code: 'MR_VIRTUAL_CLOCK_DEADLOCK' });
  });

  it('lets yielding loops take turns without time passing, and notices one that never waits', async () => {
    const clock = new VirtualClock({ startMs: 0 });
    const turns: string[] = [];
    const loop = async (name: string): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        turns.push(name + i);
        await clock.yield();
      }
    };
    await clock.run(Promise.all([loop('a'), loop('b')]));
    expect(turns).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
    expect(clock.now()).toBe(0);
    const loops = { stop: false };
    void (async () => {
      while (!loops.stop) await clock.yield();
    })();
    await expect(clock.settle()).rejects.toMatchObject({ code: 'MR_VIRTUAL_CLOCK_LIVELOCK' });
    loops.stop = true;
    await clock.settle();
  });

  it('fires a timer at or after its time on monotonic(), however small its delay', async () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    const due = 0.1 + 1e-9;
    const again = (): void => {
      fired.push(clock.monotonic());
      if (clock.monotonic() < due) clock.setTimer(again, due - clock.monotonic());
    };
    clock.setTimer(again, due);
    await clock.advance(5);
    expect(fired).toEqual([1]);
  });
});
