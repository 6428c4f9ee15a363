import { storeAway } from '../../src/core/failure.ts';
import type { WatermarkStore } from '../../src/core/ports/content/watermark-store.ts';
import type { DeploymentStore } from '../../src/core/ports/deployment-store.ts';

/** Settings in memory that can be set back, like those of a database. */
export class MemoryDeployment implements DeploymentStore {
  #values: Record<string, string> = {};

  get watermark(): number {
    return Number(this.#values.watermark ?? 0);
  }

  copy(): Record<string, string> {
    return { ...this.#values };
  }

  restore(values: Record<string, string>): void {
    this.#values = { ...values };
  }

  async read(): Promise<Record<string, string>> {
    return this.copy();
  }

  async write(values: Record<string, string>): Promise<void> {
    Object.assign(this.#values, values);
  }

  async replace(name: string, before: string | undefined, after: string): Promise<boolean> {
    if (this.#values[name] !== before) return false;
    this.#values[name] = after;
    return true;
  }
}

/** A watermark in memory whose store can be away. */
export class MemoryWatermark implements WatermarkStore {
  value: number | undefined;
  writes = 0;
  isAway = false;

  async read(): Promise<number | undefined> {
    if (this.isAway) throw storeAway();
    return this.value;
  }

  async write(watermark: number): Promise<void> {
    if (this.isAway) throw storeAway();
    this.value = watermark;
    this.writes += 1;
  }
}
