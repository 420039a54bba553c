import Contracts
package import Encodings

/// What a device says of its answer, beside the answer itself.
package struct DeviceReport: Hashable, Sendable {
    /// On how many rows it was made.
    package let rows: Int64
    /// In millionths, by name.
    package let metricsMicro: [String: Int64]

    package init(rows: Int64, metricsMicro: [String: Int64]) {
        self.rows = rows
        self.metricsMicro = metricsMicro
    }

    package var json: JSONValue {
        ["rows": .integer(rows), "metricsMicro": .metrics(metricsMicro)]
    }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json, at: "report")
        rows = try fields.integer("rows")
        metricsMicro = try fields.metrics("metricsMicro")
        try fields.finish()
    }
}
