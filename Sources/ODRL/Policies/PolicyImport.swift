import Encodings

/// A policy as it was read, the report on it, and the document that it came from.
package struct PolicyImport: Sendable {
    package static let bytesMax = 8 << 20

    package let policy: UsagePolicy
    package let report: ImportReport
    /// The document as it was, so that a copy and its digest can be kept.
    package let original: [UInt8]

    /// - Parameter uid: Which policy, where the document has several.
    /// - Throws: ``ImportError``.
    package init(reading document: [UInt8], uid: IRI? = nil) throws(ImportError) {
        guard document.count <= Self.bytesMax else {
            throw ImportError("the document has more than \(Self.bytesMax) bytes")
        }
        let json: JSONValue
        do {
            json = try JSONValue(parsing: document)
        } catch {
            throw ImportError("this is not JSON: \(error)")
        }
        var reader = PolicyReader(graph: try LinkedDataReader.graph(of: json))
        policy = try reader.policy(uid)
        report = reader.report
        original = document
    }
}
