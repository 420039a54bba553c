package import Encodings

/// A named line of model versions.
package struct Model: StateRow, Hashable {
    package let id: ModelID
    package let owner: MemberID
    package var versions: Int

    package var json: JSONValue {
        [
            "model": id.json, "owner": owner.json, "versions": .integer(Int64(versions)),
        ]
    }
}
