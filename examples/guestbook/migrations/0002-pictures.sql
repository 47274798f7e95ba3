ALTER TABLE entries ADD COLUMN picture TEXT;
ALTER TABLE entries ADD COLUMN picture_width INTEGER;
ALTER TABLE entries ADD COLUMN picture_height INTEGER;
ALTER TABLE entries ADD COLUMN picture_description TEXT;
