import { describe, expect, test } from 'bun:test';
import { newHashId } from '../../src/core/ids.ts';
import { claimOf, leaseTime } from './claims.ts';
import { type Open, openedForSuite } from './opened.ts';
import { callers, race, times } from './race.ts';
import { someAccount } from './some-object.ts';
import { now, type WebhookStoreUnderTest } from './webhook-scene.ts';

const unknown = { id: '', attempts: 0 };

/** The contract of the deliveries about one subject while many callers enter and end them. */
export function deliveryOrderContract(
  name: string,
  open: Open<WebhookStoreUnderTest>,
  connectionCount: number,
): void {
  describe(name, () => {
    const connections = openedForSuite(open, connectionCount);

    /** A new account with one webhook, and operations on its deliveries. */
    async function addReceiver() {
      const [stores] = connections();
      const account = someAccount();
      await stores.accounts.insert(account);
      const webhook = {
        ...{ id: `wh_${newHashId()}`, accountId: account.id, url: 'https://example.com/hook' },
        ...{ events: ['object.created'], active: true, createdAt: now },
      };
      await stores.webhooks.insert(webhook, 10);
      const enter = (via: WebhookStoreUnderTest, subject = 'bucket/key') =>
        via.announce(account.id, 'object.created', subject, now, () => '{}');
      async function claim({ outbox }: WebhookStoreUnderTest) {
        const due = (await outbox.due(now)).filter(({ webhookId }) => webhookId === webhook.id);
        return outbox.claim(
          due.map(({ id }) => id),
          now,
          leaseTime,
        );
      }
      /** All deliveries, the oldest first. */
      const list = async () => (await stores.webhooks.deliveries(webhook.id, undefined, 10_000)).toReversed();
      const redeliver = (via: WebhookStoreUnderTest, id: string) =>
        via.webhooks.redeliver(account.id, webhook.id, id, now);
      const setActive = (via: WebhookStoreUnderTest, active: boolean) =>
        via.webhooks.update(account.id, webhook.id, { active });
      const abandon = (via: WebhookStoreUnderTest) => via.webhooks.abandonPending(webhook.id, 100);
      return { webhook, enter, claim, list, redeliver, setActive, abandon };
    }
    type Receiver = Awaited<ReturnType<typeof addReceiver>>;

    /** Expects that the oldest pending delivery is due, and that only it is. */
    async function expectOrder({ list, claim }: Receiver): Promise<void> {
      const [stores] = connections();
      const oldest = (await list()).find(({ status }) => status === 'pending');
      const claimed = await claim(stores);
      expect(claimed.map(({ id }) => id)).toEqual(oldest ? [oldest.id] : []);
      expect(await claim(stores)).toEqual([]);
      for (const delivery of claimed) await stores.outbox.failed(delivery, 500, now, now);
    }

    test('16 callers that enter and deliver keep the order, one delivery at a time', async () => {
      const { enter, claim, list } = await addReceiver();
      const subjects = ['bucket/one', 'bucket/two', 'bucket/three'];
      const inFlight = new Set<string | null>();
      const overlaps: string[] = [];
      const sent: { id: string; subject: string | null }[] = [];
      let writing = callers / 2;
      await race(connections(), async (via, caller) => {
        if (caller % 2 === 0) {
          for (let count = 0; count < 12; count += 1) await enter(via, subjects[count % 3]);
          writing -= 1;
          return;
        }
        for (let isEmpty = false; writing > 0 || !isEmpty; ) {
          const claimed = await claim(via);
          isEmpty = claimed.length === 0;
          for (const delivery of claimed) {
            const { id, subject } = delivery;
            if (inFlight.has(subject)) overlaps.push(id);
            inFlight.add(subject);
            sent.push({ id, subject });
            await new Promise((resolve) => setTimeout(resolve, 1));
            inFlight.delete(subject);
            if (caller % 4 === 1) await via.outbox.delivered(delivery, 200, now);
            else await via.outbox.failed(delivery, 500, null, now);
          }
        }
      });
      const deliveries = await list();
      expect(deliveries.filter(({ status }) => status === 'pending')).toEqual([]);
      expect(deliveries).toHaveLength((callers / 2) * 12);
      expect(overlaps).toEqual([]);
      const order = new Map(deliveries.map(({ id }, position) => [id, position]));
      for (const subject of subjects) {
        const positions = sent
          .filter((each) => each.subject === subject)
          .map(({ id }) => order.get(id) ?? -1);
        expect(positions).toEqual(positions.toSorted((one, other) => one - other));
      }
      expect(sent.map(({ id }) => id).toSorted()).toEqual([...order.keys()].toSorted());
    });

    test('a delivery that is entered while the only older one ends does not wait for it', async () => {
      const pairs = await Promise.all(times(callers / 2, addReceiver).map((add) => add()));
      for (let round = 0; round < 20; round += 1) {
        const [stores] = connections();
        const pending = await Promise.all(
          pairs.map(async ({ webhook, enter, list }) => {
            const find = async () => (await list()).find(({ status }) => status === 'pending');
            if ((await find()) === undefined) await enter(stores);
            return claimOf((await find()) ?? unknown, webhook.id);
          }),
        );
        await race(connections(), async (via, caller) => {
          const lane = Math.floor(caller / 2);
          if (caller % 2 === 0) await pairs[lane]?.enter(via);
          else await via.outbox.delivered(pending[lane] ?? claimOf(unknown, ''), 200, now);
        });
        for (const receiver of pairs) await expectOrder(receiver);
      }
    });

    test('ends, repeated deliveries and new ones at once leave the oldest due', async () => {
      const receivers = await Promise.all(times(4, addReceiver).map((add) => add()));
      for (let round = 0; round < 20; round += 1) {
        const before = await Promise.all(receivers.map(({ list }) => list()));
        await race(connections(), async (via, caller) => {
          const [receiver, deliveries] = [receivers[caller % 4], before[caller % 4] ?? []];
          const pending = deliveries
            .filter(({ status }) => status === 'pending')
            .map((delivery) => claimOf(delivery, receiver?.webhook.id ?? ''));
          const ended = deliveries.filter(({ status }) => status !== 'pending');
          if (caller < 4) await receiver?.enter(via);
          else if (caller < 8) await via.outbox.delivered(pending[0] ?? claimOf(unknown, ''), 200, now);
          else if (caller < 12) await receiver?.redeliver(via, ended.at(-1)?.id ?? '');
          else await via.outbox.failed(pending[round % 3] ?? claimOf(unknown, ''), 500, null, now);
        });
        for (const receiver of receivers) await expectOrder(receiver);
      }
    });

    test('deliveries that are entered while their webhook is switched off and on wait for none that failed', async () => {
      const receivers = await Promise.all(times(4, addReceiver).map((add) => add()));
      for (let round = 0; round < 40; round += 1) {
        await race(connections(), async (via, caller) => {
          const receiver = receivers[caller % 4];
          if (caller < 8) {
            if (caller >= 4) await receiver?.setActive(via, true);
            await receiver?.enter(via);
          } else {
            if (caller < 12) await receiver?.setActive(via, false);
            await receiver?.abandon(via);
          }
        });
        for (const receiver of receivers) {
          await receiver.setActive(connections()[0], true);
          await expectOrder(receiver);
        }
      }
    });
  });
}
