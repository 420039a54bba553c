import Crypto
import Encodings
import Identity
import Randomness
import Testing

@Suite struct Ed25519Tests {
    struct Vector: Sendable {
        let seed: String
        let publicKey: String
        let message: String
        let signature: String
    }

    /// RFC 8032 §7.1: tests 1, 2, 3 and SHA(abc).
    static let published = [
        Vector(
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            message: "",
            signature:
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a3"
                + "3bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        Vector(
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            message: "72",
            signature:
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15"
                + "996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        Vector(
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            message: "af82",
            signature:
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16"
                + "f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
        Vector(
            seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            publicKey: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            signature:
                "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90"
                + "b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
    ]

    @Test("The vectors of RFC 8032 are signed and verified as there", arguments: published)
    func publishedVectors(vector: Vector) throws {
        let key = try SigningKey(seed: try #require(Hex.decode(vector.seed)))
        let message = try #require(Hex.decode(vector.message))
        let signature = try #require(Hex.decode(vector.signature))
        #expect(Hex.encode(key.publicKey.bytes) == vector.publicKey)
        #expect(key.signature(of: message) == signature)
        #expect(key.publicKey.verifies(signature, of: message))
        #expect(!key.publicKey.verifies(signature, of: message + [0]))
    }

    @Test("A signature with any bit changed is none", arguments: 0..<64)
    func changedSignatures(place: Int) throws {
        var random = SeededRandom(seed: 1)
        let key = SigningKey(from: &random)
        var signature = key.signature(of: [1, 2, 3])
        for bit in 0..<8 {
            signature[place] ^= 1 << bit
            #expect(!key.publicKey.verifies(signature, of: [1, 2, 3]))
            signature[place] ^= 1 << bit
        }
        #expect(key.publicKey.verifies(signature, of: [1, 2, 3]))
    }

    @Test("A signature of another length is none, and crashes nothing")
    func wrongLengths() throws {
        var random = SeededRandom(seed: 1)
        let key = SigningKey(from: &random)
        let signature = key.signature(of: [])
        for length in [0, 1, 32, 63] {
            #expect(!key.publicKey.verifies(Array(signature.prefix(length)), of: []))
        }
        #expect(!key.publicKey.verifies(signature + [0], of: []))
        #expect(!key.publicKey.verifies(signature + signature, of: []))
    }

    @Test("The same signature plus the group's order is none: signatures have one form")
    func malleability() throws {
        var random = SeededRandom(seed: 1)
        let key = SigningKey(from: &random)
        let signature = key.signature(of: [7])
        let order = try #require(
            Hex.decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
        var carry = 0
        let shifted = zip(signature.suffix(32), order).map { left, right -> UInt8 in
            let sum = Int(left) + Int(right) + carry
            carry = sum >> 8
            return UInt8(sum & 255)
        }
        #expect(carry == 0)
        #expect(!key.publicKey.verifies(signature.prefix(32) + shifted, of: [7]))
    }

    /// The eight points whose order divides 8, and the other spellings that decoders accept.
    static let smallOrder = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    ]

    @Test("A point of small order is nobody's key", arguments: smallOrder)
    func refusesSmallOrder(point: String) throws {
        let bytes = try #require(Hex.decode(point))
        #expect(throws: PublicKeyError.smallOrder) { try PublicKey(bytes) }
    }

    @Test("An encoding beyond the field's prime is nobody's key", arguments: 0xED...0xFF)
    func refusesNonCanonicalEncodings(first: Int) {
        for last in [0x7F, 0xFF] as [UInt8] {
            let bytes = [UInt8(first)] + [UInt8](repeating: 0xFF, count: 30) + [last]
            #expect(throws: PublicKeyError.notCanonical) { try PublicKey(bytes) }
        }
    }

    @Test("The largest canonical encodings are taken for what they are")
    func acceptsTheLastCanonicalEncoding() throws {
        let middle = [UInt8](repeating: 0xFF, count: 30)
        #expect(throws: Never.self) { try PublicKey([0xEB] + middle + [0x7F]) }
        #expect(throws: Never.self) { try PublicKey([0xED] + middle + [0x7E]) }
        #expect(throws: Never.self) { try PublicKey([0xED] + middle.dropLast() + [0xFE, 0x7F]) }
    }

    @Test("A key that is no point verifies nothing, and crashes nothing")
    func keysOffTheCurve() throws {
        let key = try PublicKey([2] + [UInt8](repeating: 0, count: 31))
        #expect(!key.verifies([UInt8](repeating: 0, count: 64), of: []))
    }

    @Test("A key is 32 bytes in base64 with padding, and says what else it is")
    func spelling() throws {
        var random = SeededRandom(seed: 3)
        let key = SigningKey(from: &random).publicKey
        #expect(try PublicKey(base64: key.base64) == key)
        #expect(throws: PublicKeyError.wrongLength(31)) { try PublicKey(key.bytes.dropLast()) }
        #expect(throws: PublicKeyError.wrongLength(33)) { try PublicKey(key.bytes + [0]) }
        #expect(throws: PublicKeyError.wrongLength(0)) { try PublicKey(base64: "") }
        #expect(throws: PublicKeyError.notBase64) {
            try PublicKey(base64: String(key.base64.dropLast()))
        }
        #expect(throws: SigningKeyError.wrongLength(31)) {
            try SigningKey(seed: [UInt8](repeating: 1, count: 31))
        }
    }

    @Test("A key's name is the beginning of its SHA-256")
    func names() throws {
        var random = SeededRandom(seed: 3)
        let key = SigningKey(from: &random).publicKey
        #expect(key.id.text == Hex.encode(SHA256.hash(data: key.bytes).prefix(16)))
        #expect(KeyID(key.id.text) == key.id)
        for text in ["", String(key.id.text.dropLast()), key.id.text.uppercased() + "0"] {
            #expect(KeyID(text) == nil)
        }
        #expect(KeyID(String(repeating: "A", count: 32)) == nil)
    }
}
