/** Slots of sectors, against a Map. */
import { describe, expect, it } from 'vitest';
import { MOST_SLOTS, SECTOR, sectorSlots } from '../../src/blocks/sector-slots.ts';
import { randomFrom } from '../support/damage.ts';

describe('slots of sectors', () => {
  it('are found, given and taken back as a Map would, sectors above 32 bits among them', () => {
    const now = new Float64Array(2);
    const slots = sectorSlots(now);
    const known = new Map<number, number>();
    const random = randomFrom(3);
    const wrong: string[] = [];
    for (let step = 0; step < 200_000; step++) {
      // Few sectors, so that many share a place, and some that differ in their upper halves alone.
      const sector = Math.floor(random() * 3000) * 8 + (random() < 0.3 ? 2 ** 33 : 0);
      now[SECTOR] = sector;
      const slot = slots.find();
      if (slot !== (known.get(sector) ?? -1)) wrong.push(`${step}: ${slot} at ${sector}`);
      if (slot === -1) known.set(sector, slots.add());
      else if (random() < 0.7) {
        slots.remove();
        known.delete(sector);
      }
    }
    expect(wrong).toEqual([]);
    expect(new Set(known.values()).size).toBe(known.size);
  });

  it('are not given when all are taken', () => {
    const now = new Float64Array(2);
    const slots = sectorSlots(now);
    for (let sector = 0; sector < MOST_SLOTS; sector++) {
      now[SECTOR] = sector;
      slots.add();
    }
    now[SECTOR] = MOST_SLOTS;
    expect(slots.add()).toBe(-1);
    now[SECTOR] = 77;
    slots.remove();
    now[SECTOR] = MOST_SLOTS;
    expect([slots.find(), slots.add()]).toEqual([-1, 77]);
  });
});
