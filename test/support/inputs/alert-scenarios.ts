/** What Prometheus sees, minute by minute for two hours, in the cases that deploy/prometheus/alerts.yml is for. */
type Series = Record<string, string>;

/** In promtool's notation: `1x90 0x30` is 1 for 90 more minutes, then 0; `0+60x120` grows by 60 a minute. */
export type AlertScenario = { what: string; series: Series; at: string; firing: string[] };

const RECEIVER = 'job="unfriend-receiver", instance="receiver:8081"';
const WORKER = 'job="unfriend-worker", instance="worker:8081"';

export const HEALTHY: Series = {
  [`up{${RECEIVER}}`]: '1x120',
  [`up{${WORKER}}`]: '1x120',
  [`unfriend_callbacks_total{${RECEIVER}, verdict="accepted"}`]: '0+60x120',
  [`unfriend_callbacks_total{${RECEIVER}, verdict="unavailable"}`]: '0x120',
  [`unfriend_callbacks_total{${RECEIVER}, verdict="unauthorized"}`]: '0x120',
  [`unfriend_callback_allow_enforced{${RECEIVER}}`]: '1x120',
  [`unfriend_callback_duration_seconds_bucket{${RECEIVER}, le="0.01"}`]: '0+60x120',
  [`unfriend_callback_duration_seconds_bucket{${RECEIVER}, le="1"}`]: '0+60x120',
  [`unfriend_callback_duration_seconds_bucket{${RECEIVER}, le="+Inf"}`]: '0+60x120',
  [`unfriend_passed_through_total{${RECEIVER}, result="answered"}`]: '0+600x120',
  [`unfriend_passed_through_total{${RECEIVER}, result="timeout"}`]: '0x120',
  [`unfriend_passed_through_total{${RECEIVER}, result="unreachable"}`]: '0x120',
  [`unfriend_passed_through_total{${RECEIVER}, result="loop"}`]: '0x120',
  [`unfriend_journal_available{${RECEIVER}}`]: '1x120',
  [`unfriend_journal_pending{${RECEIVER}}`]: '3x120',
  [`unfriend_journal_oldest_pending_age_seconds{${RECEIVER}}`]: '1x120',
  [`unfriend_journal_bypassed_total{${RECEIVER}}`]: '0x120',
  [`unfriend_journal_disk_free_bytes{${RECEIVER}}`]: '40000000000x120',
  [`unfriend_journal_disk_reserve_bytes{${RECEIVER}}`]: '67108864x120',
  [`unfriend_journal_damaged_total{${RECEIVER}}`]: '0x120',
  [`unfriend_journal_quarantined{${RECEIVER}}`]: '0x120',
  [`unfriend_quarantined_total{${RECEIVER}}`]: '0x120',
  [`unfriend_quarantine_refused_total{${RECEIVER}}`]: '0x120',
  [`unfriend_temporal_reachable{${RECEIVER}}`]: '1x120',
  [`unfriend_temporal_reachable{${WORKER}}`]: '1x120',
  [`unfriend_workers_polling{${RECEIVER}, kind="workflow"}`]: '2x120',
  [`unfriend_workers_polling{${RECEIVER}, kind="activity"}`]: '2x120',
  [`unfriend_task_queue_backlog_age_seconds{${RECEIVER}, kind="activity"}`]: '0x120',
  [`unfriend_deliveries_parked{${RECEIVER}}`]: '0x120',
  [`unfriend_deliveries_parked_oldest_age_seconds{${RECEIVER}}`]: '0x120',
  [`unfriend_deliveries_abandoned{${RECEIVER}}`]: '0x120',
  [`unfriend_side_effect_pairs_total{${WORKER}, side_effect="clearCaches", result="done", detail="cleared"}`]:
    '0+60x120',
  [`unfriend_side_effect_pairs_total{${WORKER}, side_effect="clearCaches", result="retried", detail="Unreachable"}`]:
    '0x120',
  [`unfriend_side_effect_pairs_total{${WORKER}, side_effect="clearCaches", result="failed", detail="Unauthorized"}`]:
    '0x120',
  [`unfriend_backend_reachable{${WORKER}, side_effect="clearCaches"}`]: '1x120',
  [`unfriend_delivery_duration_seconds_bucket{${WORKER}, result="done", le="1"}`]: '0+60x120',
  [`unfriend_delivery_duration_seconds_bucket{${WORKER}, result="done", le="300"}`]: '0+60x120',
  [`unfriend_delivery_duration_seconds_bucket{${WORKER}, result="done", le="3600"}`]: '0+60x120',
  [`unfriend_delivery_duration_seconds_bucket{${WORKER}, result="done", le="+Inf"}`]: '0+60x120',
};

/** Each is healthy but for its `series`, of which a part of the name is enough. */
export const ALERT_SCENARIOS: AlertScenario[] = [
  {
    what: 'all is well',
    series: {},
    at: '100m',
    firing: [],
  },
  {
    what: 'Temporal is away, and nothing is known of what is there',
    series: {
      'unfriend_temporal_reachable instance="receiver:8081"': '1x50 0x70',
      unfriend_deliveries_parked: '0x50 _x70',
      'unfriend_workers_polling kind="activity"': '2x50 _x70',
      'unfriend_workers_polling kind="workflow"': '2x50 _x70',
      unfriend_journal_oldest_pending_age_seconds: '1x50 0+60x70',
    },
    at: '70m',
    firing: ['UnfriendTemporalUnreachable', 'UnfriendPendingOld'],
  },
  {
    what: 'one callback is lost',
    series: {
      'unfriend_callbacks_total verdict="unavailable"': '0x94 1x30',
    },
    at: '100m',
    firing: ['UnfriendCallbackLost'],
  },
  {
    what: 'a stranger tries three times',
    series: {
      'unfriend_callbacks_total verdict="unauthorized"': '0x94 3x30',
    },
    at: '100m',
    firing: [],
  },
  {
    what: 'the console has another token',
    series: {
      'unfriend_callbacks_total verdict="unauthorized"': '0x90 0+10x30',
    },
    at: '100m',
    firing: ['UnfriendCallbacksRefused'],
  },
  {
    what: 'callbacks stop that came yesterday at this time',
    series: {
      'up instance="receiver:8081"': '1x1600',
      'up instance="worker:8081"': '1x1600',
      'unfriend_callbacks_total verdict="accepted"': '0+60x1440 86400x160',
    },
    at: '1500m',
    firing: ['UnfriendNoCallbacks'],
  },
  {
    what: 'a night as quiet as the one before',
    series: {
      'up instance="receiver:8081"': '1x1600',
      'up instance="worker:8081"': '1x1600',
      'unfriend_callbacks_total verdict="accepted"': '500x1600',
    },
    at: '1500m',
    firing: [],
  },
  {
    what: 'one answer of fifty takes almost a second',
    series: {
      'unfriend_callback_duration_seconds_bucket le="0.01"': '0+58x120',
    },
    at: '100m',
    firing: ['UnfriendAnswersSlow'],
  },
  {
    what: 'the endpoint is down',
    series: {
      'unfriend_passed_through_total result="answered"': '0+600x90 54000x30',
      'unfriend_passed_through_total result="unreachable"': '0x90 0+600x30',
    },
    at: '100m',
    firing: ['UnfriendRelayUnanswered'],
  },
  {
    what: 'the endpoint answers one of fifty callbacks too late',
    series: {
      'unfriend_passed_through_total result="timeout"': '0x80 0+12x40',
    },
    at: '100m',
    firing: ['UnfriendRelayUnanswered'],
  },
  {
    what: 'the endpoint answers one of two hundred callbacks too late',
    series: {
      'unfriend_passed_through_total result="timeout"': '0x80 0+3x40',
    },
    at: '100m',
    firing: [],
  },
  {
    what: 'the endpoint restarts',
    series: {
      'unfriend_passed_through_total result="unreachable"': '0x97 300x23',
    },
    at: '100m',
    firing: [],
  },
  {
    what: 'RELAY_URL leads to Unfriend itself',
    series: {
      'unfriend_passed_through_total result="answered"': '0x120',
      'unfriend_passed_through_total result="loop"': '0+600x120',
    },
    at: '100m',
    firing: ['UnfriendRelayUnanswered'],
  },
  {
    what: 'a worker is down',
    series: {
      'up instance="worker:8081"': '1x90 0x30',
    },
    at: '100m',
    firing: ['UnfriendDown'],
  },
  {
    what: 'the only receiver is down',
    series: {
      'up instance="receiver:8081"': '1x90 0x30',
    },
    at: '100m',
    firing: ['UnfriendDown', 'UnfriendNoReceiver'],
  },
  {
    what: 'a receiver restarts',
    series: {
      'up instance="receiver:8081"': '1x99 0x1 1x20',
    },
    at: '100m',
    firing: [],
  },
  {
    what: 'a burst, that is handed over again',
    series: {
      unfriend_journal_pending: '0x80 5000-500x10 0x30',
    },
    at: '95m',
    firing: [],
  },
  {
    what: 'callbacks come faster than Temporal takes them',
    series: {
      unfriend_journal_pending: '0x60 0+500x60',
    },
    at: '100m',
    firing: ['UnfriendBacklogGrows'],
  },
  {
    what: "Tencent's list of addresses could not be had for more than an hour",
    series: {
      unfriend_callback_allow_enforced: '1x20 0x100',
    },
    at: '100m',
    firing: ['UnfriendAllowListMissing'],
  },
  {
    what: "a receiver without Tencent's list of addresses at its start",
    series: {
      unfriend_callback_allow_enforced: '0x50 1x70',
    },
    at: '50m',
    firing: [],
  },
  {
    what: 'the journal takes nothing',
    series: {
      unfriend_journal_available: '1x90 0x30',
    },
    at: '100m',
    firing: ['UnfriendSecondWay'],
  },
  {
    what: 'a receiver opens its journal at its start',
    series: {
      unfriend_journal_available: '1x98 0x0 1x20',
    },
    at: '99m',
    firing: [],
  },
  {
    what: 'the journal did not take one callback',
    series: {
      unfriend_journal_bypassed_total: '0x94 1x30',
    },
    at: '100m',
    firing: ['UnfriendSecondWay'],
  },
  {
    what: 'the disk fills',
    series: {
      unfriend_journal_disk_free_bytes: '40000000000x80 300000000x40',
    },
    at: '100m',
    firing: ['UnfriendJournalDiskLow'],
  },
  {
    what: 'the journal was damaged at start',
    series: {
      unfriend_journal_damaged_total: '2x120',
    },
    at: '100m',
    firing: ['UnfriendJournalDamaged'],
  },
  {
    what: 'something is in the quarantine',
    series: {
      unfriend_journal_quarantined: '0x90 1x30',
      unfriend_quarantined_total: '0x90 1x30',
    },
    at: '100m',
    firing: ['UnfriendQuarantined'],
  },
  {
    what: 'the quarantine is full',
    series: {
      unfriend_quarantine_refused_total: '0x90 1x30',
    },
    at: '100m',
    firing: ['UnfriendQuarantineRefused'],
  },
  {
    what: 'nobody works',
    series: {
      'unfriend_workers_polling kind="activity"': '2x90 0x30',
      'unfriend_workers_polling kind="workflow"': '2x90 0x30',
    },
    at: '100m',
    firing: ['UnfriendNoWorker'],
  },
  {
    what: 'workers are too few',
    series: {
      unfriend_task_queue_backlog_age_seconds: '0x80 300+60x40',
    },
    at: '100m',
    firing: ['UnfriendWorkBacklog'],
  },
  {
    what: 'a delivery is parked',
    series: {
      unfriend_deliveries_parked: '0x90 1x30',
      unfriend_deliveries_parked_oldest_age_seconds: '0x90 60+60x30',
    },
    at: '100m',
    firing: ['UnfriendParked'],
  },
  {
    what: 'everything is parked at once',
    series: {
      unfriend_deliveries_parked: '0x94 200x30',
      unfriend_deliveries_parked_oldest_age_seconds: '0x94 60+60x30',
    },
    at: '100m',
    firing: ['UnfriendParked', 'UnfriendMassParking'],
  },
  {
    what: 'a backend has new credentials',
    series: {
      'unfriend_side_effect_pairs_total detail="Unauthorized"': '0x94 1x30',
    },
    at: '100m',
    firing: ['UnfriendUnauthorized'],
  },
  {
    what: 'a backend is not in order, and nobody has needed it yet',
    series: {
      unfriend_backend_reachable: '1x90 0x30',
    },
    at: '100m',
    firing: ['UnfriendBackendUnreachable'],
  },
  {
    what: 'a delivery is parked for a day',
    series: {
      unfriend_deliveries_parked: '1x120',
      unfriend_deliveries_parked_oldest_age_seconds: '86400+60x120',
    },
    at: '100m',
    firing: ['UnfriendParked', 'UnfriendParkedOld'],
  },
  {
    what: 'a delivery ended with side effects undone hours ago, and nobody took it up',
    series: {
      unfriend_deliveries_abandoned: '1x120',
    },
    at: '100m',
    firing: ['UnfriendAbandoned'],
  },
  {
    what: 'a delivery was terminated, and dismissed within minutes',
    series: {
      unfriend_deliveries_abandoned: '0x95 1x3 0x30',
    },
    at: '100m',
    firing: [],
  },
  {
    what: 'the last of those that ended undone was retried',
    series: {
      unfriend_deliveries_abandoned: '4x80 0x40',
    },
    at: '100m',
    firing: [],
  },
  {
    what: 'the cache is down',
    series: {
      'unfriend_side_effect_pairs_total detail="cleared"': '0+60x70 4200x50',
      'unfriend_side_effect_pairs_total detail="Unreachable"': '0x70 0+10x50',
    },
    at: '100m',
    firing: ['UnfriendSideEffectFailing'],
  },
  {
    what: 'one of ten deliveries takes half an hour',
    series: {
      'unfriend_delivery_duration_seconds_bucket le="1"': '0+54x120',
      'unfriend_delivery_duration_seconds_bucket le="300"': '0+54x120',
    },
    at: '100m',
    firing: ['UnfriendDeliveriesSlow'],
  },
];
