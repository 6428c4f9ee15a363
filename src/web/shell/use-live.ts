import { useEffect, useState } from 'preact/hooks';

/** Whether scripts run here: false on the server and while the page is taken over, so that both are alike. */
export function useLive(): boolean {
  const [isLive, setLive] = useState(false);
  useEffect(() => setLive(true), []);
  return isLive;
}
