package import Contracts
package import Encodings

/// What a device remembers from one task to the next, and its owner may look at.
package struct DeviceProgress: Hashable, Sendable {
    /// How long the ledger was at the last task that was believed.
    package var ledgerSize: UInt64 = 0
    package var contributed = 0
    package var refused = 0
    /// The last task, as people read it.
    package var last: String?
    package var lastAt: Timestamp?

    package init() {}

    package var json: JSONValue {
        [
            "ledgerSize": .integer(Int64(clamping: ledgerSize)),
            "contributed": .integer(Int64(contributed)), "refused": .integer(Int64(refused)),
            "last": last.map { .string($0) }, "lastAt": lastAt?.json,
        ]
    }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        ledgerSize = UInt64(try fields.integer("ledgerSize", in: 0 ... .max))
        contributed = Int(try fields.integer("contributed", in: 0 ... .max))
        refused = Int(try fields.integer("refused", in: 0 ... .max))
        last = try fields.optionalString("last")
        lastAt = fields.optional("lastAt") == nil ? nil : try fields.timestamp("lastAt")
        try fields.finish()
    }
}
