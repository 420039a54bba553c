import Encodings
import Identity
import Testing

@Suite struct ContentDigestTests {
    /// RFC 9530 §2 and appendix B, with and without the newline.
    static let published = [
        (#"{"hello": "world"}"#, "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"),
        ("{\"hello\": \"world\"}\n", "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"),
        ("", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"),
    ]

    @Test("The examples of RFC 9530 come out as there", arguments: published)
    func publishedDigests(body: String, field: String) throws {
        #expect(ContentDigest.field(of: body.utf8) == field)
        let digest = try #require(ContentDigest.sha256(in: field))
        #expect(ContentDigest.field(sha256: digest) == field)
    }

    static let sha512 =
        "sha-512=:YMAam51Jz/jOATT6/zvHrLVgOYTGFy1d6GJiOHTohq4yP+pgk4vf2aCsyRZOtw8MjkM7iw7yZ/WkppmM44T3qg==:"

    @Test(
        "The digest is found among those of other algorithms",
        arguments: [
            "\(sha512), \(published[0].1)", "\(published[0].1), \(sha512)",
            "\(sha512),\t\(published[0].1)", "\(sha512) ,\(published[0].1) , \(sha512)",
            "\(published[0].1);note=1",
        ])
    func amongOthers(field: String) {
        let expected = Base64.decode("X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=")
        #expect(ContentDigest.sha256(in: field) == expected)
    }

    @Test(
        "What is no SHA-256 digest is none",
        arguments: [
            "", ",", "sha-256", "sha-256=", "sha-256=::", "sha-256=:AAAA:", "sha-256=1",
            "sha-256=\"X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=\"",
            "sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
            "SHA-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:",
            "sha-256=(:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:)",
            "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE:",
            sha512, "\(published[0].1), \u{e9}",
        ])
    func refusesOthers(field: String) {
        #expect(ContentDigest.sha256(in: field) == nil)
    }

    @Test("Of two digests the last counts, as in every structured dictionary")
    func theLastCounts() {
        #expect(
            ContentDigest.sha256(in: "\(Self.published[2].1), \(Self.published[0].1)")
                == Base64.decode("X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="))
    }
}
