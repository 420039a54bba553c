import Ledger
import Transport

/// What a node counts while it runs.
struct NodeCounters {
    var batches = 0
    var cosignatures = 0
    var connections = 0
    var training: [String: Int] = [:]
    var refusals: [String: Int] = [:]

    func metrics(
        size: UInt64, finality: Finality, coordinatorSize: UInt64, cosigned: UInt64,
        isConnected: Bool, isHalted: Bool, alarms: Int
    ) -> [Metric] {
        [
            Metric(
                "jointlab_node_ledger_entries", .gauge,
                help: "Entries that this node has verified, by ledger stage.",
                [
                    .init(size, labels: ["stage": "sequenced"]),
                    .init(finality.certifiedSize, labels: ["stage": "certified"]),
                    .init(finality.finalSize, labels: ["stage": "final"]),
                ]),
            Metric(
                "jointlab_node_lag_entries", .gauge,
                help: "Entries that the coordinator has and this node has not verified yet.",
                coordinatorSize > size ? coordinatorSize - size : 0),
            Metric(
                "jointlab_node_cosigned_entries", .gauge,
                help: "Size of the newest checkpoint that this node has cosigned.", cosigned),
            Metric(
                "jointlab_node_connected", .gauge, help: "Whether the coordinator is in touch.",
                isConnected ? 1 : 0),
            Metric(
                "jointlab_node_halted", .gauge,
                help: "Whether this node has caught the coordinator and signs nothing any more.",
                isHalted ? 1 : 0),
            Metric("jointlab_node_alarms", .gauge, help: "Alarms since the start.", alarms),
            Metric(
                "jointlab_node_connections_total", .counter,
                help: "Connections made to the coordinator.", connections),
            Metric(
                "jointlab_node_batches_total", .counter, help: "Batches verified and stored.",
                batches),
            Metric(
                "jointlab_node_cosignatures_total", .counter, help: "Checkpoints cosigned.",
                cosignatures),
            Metric(
                "jointlab_node_training_total", .counter, help: "Tasks carried out, by outcome.",
                training.sorted { $0.key < $1.key }.map {
                    .init($0.value, labels: ["outcome": $0.key])
                }),
            Metric(
                "jointlab_node_tasks_refused_total", .counter, help: "Tasks refused, by code.",
                refusals.sorted { $0.key < $1.key }.map {
                    .init($0.value, labels: ["code": $0.key])
                }
            ),
        ]
    }
}
