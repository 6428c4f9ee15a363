import { useEffect, useState } from 'preact/hooks';
import type { Account } from '../../../client/index.ts';
import { ErrorMessage } from '../../shell/controls/error-message.tsx';
import { useMessages, useReader } from '../../shell/reader.ts';
import { formatBytes } from '../../shell/text/format.ts';
import { useAccount, useDescribe } from '../account-context.ts';
import { accountMessages } from '../messages.ts';
import { StorageGauge } from './storage-gauge.tsx';
import { TrafficChart } from './traffic-chart.tsx';

/** The account, its limits and its usage. */
export function Overview() {
  const texts = useMessages(accountMessages);
  const { language } = useReader();
  const { client } = useAccount();
  const describe = useDescribe();
  const [account, setAccount] = useState<Account>();
  const [errorMessage, setErrorMessage] = useState<string>();
  useEffect(() => {
    const controller = new AbortController();
    client.account.get({ signal: controller.signal }).then(setAccount, (error) => {
      if (!controller.signal.aborted) setErrorMessage(describe(error));
    });
    return () => controller.abort();
  }, [client]);
  if (errorMessage !== undefined) return <ErrorMessage text={errorMessage} />;
  if (account === undefined) return <p class="quiet-text">{texts.loading}</p>;
  const { name, plan, limits, usage } = account;
  return (
    <div class="overview">
      <h2>{name}</h2>
      <p class="quiet-text">{texts.plan(plan)}</p>
      <div class="charts">
        <StorageGauge used={usage.storageBytes} limit={limits.storageBytes} objects={usage.objectCount} />
        <TrafficChart
          period={usage.period}
          requests={usage.requests}
          bytesIn={usage.bytesIn}
          bytesOut={usage.bytesOut}
        />
      </div>
      <dl class="limits">
        <div>
          <dt>{texts.maxObjectSize}</dt>
          <dd>{formatBytes(limits.maxObjectBytes, language)}</dd>
        </div>
        <div>
          <dt>{texts.perMinute}</dt>
          <dd>{limits.requestsPerMinute?.toLocaleString(language) ?? texts.noLimit}</dd>
        </div>
      </dl>
      <p class="quiet-text">{texts.lags}</p>
    </div>
  );
}
