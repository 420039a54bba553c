package import Encodings

/// A path from the root of an ``AuthenticatedMap`` to the place where a key stands, or would.
package struct MapProof: Hashable, Sendable {
    package enum End: Hashable, Sendable {
        /// The key stands here with a value of this hash.
        case value(MapHash)
        /// No key stands here: ours is absent.
        case nothing
        /// Another key stands where ours would: ours is absent.
        case otherKey(MapHash, value: MapHash)
    }

    /// The hashes beside the path, from the root down.
    package let siblings: [MapHash]
    package let end: End

    package init(siblings: [MapHash], end: End) {
        self.siblings = siblings
        self.end = end
    }

    /// What the proof shows about a key under a root.
    ///
    /// - Returns: The value's hash, or `nil` where the key is shown to be absent.
    /// - Throws: ``MapProofError``.
    package func value(of key: MapHash, under root: MapHash) throws(MapProofError) -> MapHash? {
        guard siblings.count <= 8 * MapHash.byteCount else { throw .tooLong }
        var hash: MapHash
        let result: MapHash?
        switch end {
        case .value(let value):
            hash = .leaf(key: key, value: value)
            result = value
        case .nothing:
            hash = .empty
            result = nil
        case .otherKey(let other, let value):
            let agree = siblings.indices.allSatisfy { other.bit($0) == key.bit($0) }
            guard other != key, agree else { throw .otherKeyElsewhere }
            hash = .leaf(key: other, value: value)
            result = nil
        }
        for (depth, sibling) in siblings.enumerated().reversed() {
            hash = key.bit(depth) ? .branch(sibling, hash) : .branch(hash, sibling)
        }
        guard hash == root else { throw .otherRoot }
        return result
    }
}

package enum MapProofError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLong
    case otherKeyElsewhere
    case otherRoot

    package var description: String {
        switch self {
        case .tooLong: "the proof has more steps than a key has bits"
        case .otherKeyElsewhere: "the key that the proof shows does not stand in this key's place"
        case .otherRoot: "the proof leads to another root"
        }
    }
}

extension MapProof {
    package var json: JSONValue {
        let end: JSONValue =
            switch self.end {
            case .value(let value): ["value": .string(value.base64)]
            case .nothing: ["nothing": true]
            case .otherKey(let key, let value):
                ["otherKey": .string(key.base64), "value": .string(value.base64)]
            }
        return ["siblings": .array(siblings.map { .string($0.base64) }), "end": end]
    }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue, at path: String = "") throws(JSONShapeError) {
        var fields = try JSONFields(json, at: path)
        var siblings: [MapHash] = []
        for (position, text) in try fields.strings("siblings").enumerated() {
            guard let hash = MapHash(base64: text) else {
                throw fields.wrong("siblings[\(position)]", "should be 32 bytes in base64")
            }
            siblings.append(hash)
        }
        var end = try fields.fields("end")
        try fields.finish()

        func hash(_ key: String) throws(JSONShapeError) -> MapHash {
            guard let hash = MapHash(base64: try end.string(key)) else {
                throw end.wrong(key, "should be 32 bytes in base64")
            }
            return hash
        }
        if end.optional("nothing") != nil {
            guard try end.bool("nothing") else { throw end.wrong("nothing", "should be true") }
            self.init(siblings: siblings, end: .nothing)
        } else if end.optional("otherKey") != nil {
            self.init(
                siblings: siblings,
                end: .otherKey(try hash("otherKey"), value: try hash("value")))
        } else {
            self.init(siblings: siblings, end: .value(try hash("value")))
        }
        try end.finish()
    }
}

extension MapHash {
    /// - Returns: `nil` unless the text is 32 bytes in base64.
    package init?(base64: String) {
        guard let bytes = Base64.decode(base64) else { return nil }
        self.init(bytes: bytes)
    }
}
