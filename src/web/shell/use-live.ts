import { useEffect, useState } from 'preact/hooks';

/** Whether scripts run: false on the server and in the first render of hydration, so that both render the same. */
export function useLive(): boolean {
  const [isLive, setLive] = useState(false);
  useEffect(() => setLive(true), []);
  return isLive;
}
