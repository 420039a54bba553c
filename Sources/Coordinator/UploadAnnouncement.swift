import HTTPTypes
import Storage
import Transport

/// What a request says of the bytes that it brings.
struct UploadAnnouncement {
    /// `nil` begins anew.
    let offset: Int?
    let length: Int
    let isLast: Bool
    /// `nil` where there are no bytes.
    let digest: [UInt8]?

    init(offset: Int?, length: Int, isLast: Bool, digest: [UInt8]?) {
        self.offset = offset
        self.length = length
        self.isLast = isLast
        self.digest = digest
    }

    init(_ fields: HTTPFields, signedDigest: [UInt8]?) throws(Problem) {
        guard fields[.contentType] == UploadField.mediaType else {
            throw Problem(
                status: 415, code: "upload.media_type",
                detail: "Content-Type should be \(UploadField.mediaType)")
        }
        guard let offset = try Self.number(fields[.offset], "Upload-Offset"),
            let length = try Self.number(fields[.length], "Upload-Length"),
            let complete = fields[.complete], complete == "?0" || complete == "?1"
        else {
            throw Problem(
                status: 400, code: "upload.malformed",
                detail: "Upload-Offset and Upload-Length should be numbers of bytes, and "
                    + "Upload-Complete ?0 or ?1")
        }
        let end = try Self.number(fields[.contentLength], "Content-Length").map {
            $0.addingReportingOverflow(offset)
        }
        if let end,
            end.overflow || end.partialValue > length
                || (complete == "?1" && end.partialValue < length)
        {
            throw Problem(
                UploadRefusal.wrongLength(bytes: end.partialValue, announced: length))
        }
        self.init(
            offset: offset, length: length, isLast: complete == "?1", digest: signedDigest)
    }

    /// - Returns: `nil` where there is no such field.
    static func number(_ text: String?, _ field: String) throws(Problem) -> Int? {
        guard let text else { return nil }
        guard let number = Int(text), number >= 0, text.first != "+" else {
            throw Problem(
                status: 400, code: "request.malformed",
                detail: "\(field) should be a number of bytes, and is “\(text.prefix(40))”")
        }
        return number
    }
}

extension Problem {
    init(_ refusal: UploadRefusal) {
        let (status, code) =
            switch refusal {
            case .tooLarge: (413, "blob.too_large")
            case .quota: (507, "upload.quota")
            case .tooMany: (507, "upload.too_many")
            case .wrongOffset: (409, "upload.offset")
            case .wrongLength: (400, "upload.length")
            case .superseded: (409, "upload.superseded")
            case .wrongPiece: (401, "digest.wrong")
            case .wrongBlob: (400, "digest.wrong")
            }
        self.init(status: status, code: code, detail: refusal.description)
    }
}
