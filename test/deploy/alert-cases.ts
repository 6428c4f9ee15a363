/** Series that make an alert fire: no alert at `silentAt`, and one with these labels and this summary at `firesAt`. */
export type AlertCase = {
  /** Series in promtool's notation, one value a minute; those without `job` are of one server of the job "mayfly". */
  series: Record<string, string>;
  silentAt: string;
  firesAt: string;
  severity: 'critical' | 'warning';
  /** Whether the alert is about one server; otherwise about all servers of the job. */
  ofServer?: boolean;
  summary: string;
};

const requests = (status: number, method = 'GET') =>
  `mayfly_http_request_seconds_count{method="${method}", route="/p/:hash_id", status="${status}"}`;
const bucket = (le: string, method: string) =>
  `mayfly_http_request_seconds_bucket{method="${method}", route="/p/:hash_id", status="200", le="${le}"}`;

export const alertCases: Record<string, AlertCase> = {
  MayflyDown: {
    series: { up: '1x4 0x10', 'up{job="other"}': '0x15' },
    silentAt: '6m',
    firesAt: '8m',
    severity: 'critical',
    ofServer: true,
    summary: 'Mayfly at a:8080 does not answer.',
  },
  MayflyDatabaseAway: {
    series: { up: '1x20', mayfly_database_bytes: '4096x3 _x10' },
    silentAt: '4m',
    firesAt: '12m',
    severity: 'critical',
    ofServer: true,
    summary: 'Mayfly at a:8080 cannot read its database.',
  },
  MayflyErrors: {
    series: {
      [requests(200)]: '0+90x40',
      [requests(501, 'OTHER')]: '0+90x40',
      [requests(507, 'PUT')]: '0+90x40',
      [requests(503)]: '0x20 0+30x20',
    },
    silentAt: '20m',
    firesAt: '35m',
    severity: 'critical',
    summary: '10% of the requests fail.',
  },
  MayflySlow: {
    series: {
      [bucket('0.5', 'GET')]: '0+50x20 1000x40',
      [bucket('2.5', 'GET')]: '0+50x20 1000+50x40',
      [bucket('+Inf', 'GET')]: '0+50x20 1000+50x40',
      // A slow body of the client.
      [bucket('0.5', 'PUT')]: '0x60',
      [bucket('+Inf', 'PUT')]: '0+50x60',
    },
    silentAt: '20m',
    firesAt: '50m',
    severity: 'warning',
    summary: 'The slowest reads take 2.48s.',
  },
  MayflyDescriptorsScarce: {
    series: { mayfly_descriptors_scarce: '0x4 1x5' },
    silentAt: '4m',
    firesAt: '7m',
    severity: 'critical',
    ofServer: true,
    summary: 'Mayfly at a:8080 has too few file descriptors.',
  },
  MayflyNoRoom: {
    series: { mayfly_room_bytes: '1x4 0x5' },
    silentAt: '4m',
    firesAt: '7m',
    severity: 'critical',
    summary: 'New content gets 507, because there is no room.',
  },
  MayflyRoomRunsOut: {
    // 10 GB first last for weeks, and then for some hours.
    series: { mayfly_room_bytes: '10000000000-100x120 9999988000-20000000x150' },
    silentAt: '120m',
    firesAt: '260m',
    severity: 'warning',
    summary: 'The room for new content will be used up within a day.',
  },
  MayflyAnonymousNoRoom: {
    series: {
      'mayfly_refusals_total{reason="anonymous_storage"}': '0x20 0+1x30',
      'mayfly_refusals_total{reason="unauthorized"}': '0+100x50',
    },
    silentAt: '30m',
    firesAt: '45m',
    severity: 'warning',
    summary: 'Anonymous callers get 507.',
  },
  MayflySweepsStuck: {
    series: { mayfly_sweep_lag_seconds: '30x10 0+60x30' },
    silentAt: '24m',
    firesAt: '31m',
    severity: 'warning',
    summary: 'Expired content has not been swept for 20m 0s.',
  },
  MayflyPayloadTablesNotEmptied: {
    series: { mayfly_oldest_slot_seconds: '600x10 7200x30' },
    silentAt: '24m',
    firesAt: '30m',
    severity: 'warning',
    summary: 'A table of expired payloads has not been emptied for 2h 0m 0s.',
  },
  MayflySweepFailures: {
    series: { mayfly_sweep_failures_total: '0x20 0+1x30' },
    silentAt: '30m',
    firesAt: '45m',
    severity: 'warning',
    summary: 'Sweeps cannot remove blobs.',
  },
  MayflyRedisAway: {
    series: { mayfly_rate_limit_fallback_total: '0x20 0+1x30' },
    silentAt: '22m',
    firesAt: '40m',
    severity: 'warning',
    summary: 'Rate limits are not shared, because Redis is away.',
  },
  MayflyChangesNotReceived: {
    series: { mayfly_changes_subscribed: '1x10 0x20' },
    silentAt: '14m',
    firesAt: '20m',
    severity: 'warning',
    ofServer: true,
    summary: 'Mayfly at a:8080 does not get the changes of other servers.',
  },
  MayflyWebhookEventsDropped: {
    series: { mayfly_webhook_events_dropped_total: '7x20 7+1x30' },
    silentAt: '20m',
    firesAt: '25m',
    severity: 'warning',
    summary: 'Events for a webhook are dropped.',
  },
  MayflyWebhooksPending: {
    // A Prometheus that has just started knows no hour.
    series: { mayfly_webhook_deliveries_pending: '_x10 2000x100' },
    silentAt: '65m',
    firesAt: '90m',
    severity: 'warning',
    summary: '2000 deliveries to webhooks wait for longer than an hour.',
  },
  MayflyUnauthorizedCalls: {
    series: { 'mayfly_refusals_total{reason="unauthorized"}': '0+60x20 1200+600x40' },
    silentAt: '20m',
    firesAt: '50m',
    severity: 'warning',
    summary: '10 calls a second have no valid credential.',
  },
  MayflyWorkersRestart: {
    series: { mayfly_worker_restarts_total: '0x20 1x10 1+1x20' },
    silentAt: '30m',
    firesAt: '40m',
    severity: 'critical',
    ofServer: true,
    summary: 'Workers of Mayfly at a:8080 end again and again.',
  },
  MayflyDatabaseConnectionsWaitedFor: {
    series: {
      'mayfly_database_wait_seconds_bucket{le="0.05"}': '0+50x20 1000x40',
      'mayfly_database_wait_seconds_bucket{le="0.25"}': '0+50x20 1000x40',
      'mayfly_database_wait_seconds_bucket{le="1"}': '0+50x20 1000+50x40',
      'mayfly_database_wait_seconds_bucket{le="+Inf"}': '0+50x20 1000+50x40',
    },
    silentAt: '20m',
    firesAt: '50m',
    severity: 'warning',
    summary: 'Work waits 992.5ms for a connection to PostgreSQL.',
  },
  MayflyUnknownOutcomes: {
    series: { mayfly_database_unknown_outcomes_total: '0x20 0+1x10' },
    silentAt: '20m',
    firesAt: '25m',
    severity: 'warning',
    summary: 'Answers of PostgreSQL to writes were lost.',
  },
  MayflyStandbyMissing: {
    series: { mayfly_synchronous_standbys: '1x10 0x10' },
    silentAt: '13m',
    firesAt: '15m',
    severity: 'critical',
    summary: 'No standby has every acknowledged write.',
  },
  MayflyClockWrong: {
    series: { mayfly_clock_offset_seconds: '-0.2x10 -1.5x20', mayfly_clock_error_seconds: '0.01x30' },
    silentAt: '14m',
    firesAt: '20m',
    severity: 'warning',
    ofServer: true,
    summary: 'The clock of a:8080 and that of PostgreSQL disagree.',
  },
};
