package import HTTPTypes

/// The fields of a resumable upload, as draft-ietf-httpbis-resumable-upload (version 10) names them.
package enum UploadField: String, Sendable {
    case offset = "Upload-Offset"
    case length = "Upload-Length"
    case complete = "Upload-Complete"
    case limit = "Upload-Limit"

    /// The media type of bytes that an upload goes on with.
    package static let mediaType = "application/partial-upload"
}

extension HTTPFields {
    package subscript(field: UploadField) -> String? {
        get { HTTPField.Name(field.rawValue).flatMap { self[$0] } }
        set {
            guard let name = HTTPField.Name(field.rawValue) else { return }
            self[name] = newValue
        }
    }
}
